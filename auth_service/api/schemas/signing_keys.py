"""The published keys and the ended login sessions: what gateways and services load."""

from dataclasses import dataclass

from marshmallow import Schema, fields

from shared.http.fields import Instant, QueryNumber, Text
from shared.schemas import CommandSchema

MOST_ENDED_LISTED = 10_000
SESSION_ID_CHARACTERS = 36


@dataclass(frozen=True, kw_only=True)
class EndedWanted:
    """Which ended login sessions a gateway wants; without a limit all of them."""

    after: str
    limit: int | None


class EndedWantedSchema(CommandSchema):
    """The query of the list; a gateway of an earlier release sends none."""

    makes = EndedWanted

    after = Text(
        maximum=SESSION_ID_CHARACTERS,
        load_default="",
        metadata={"description": "`next` of the page before; none for the first"},
    )
    limit = QueryNumber(
        minimum=1,
        maximum=MOST_ENDED_LISTED,
        load_default=None,
        metadata={"description": f"so many at most, 1 to {MOST_ENDED_LISTED}; all without it"},
    )


class EndedLoginSessionSchema(Schema):
    """A login session that has ended while tokens of it live."""

    sid = fields.String(metadata={"description": "the claim sid of its tokens"})
    expires_at = Instant(metadata={"description": "when its last token dies, UTC"})


class EndedLoginSessionListSchema(Schema):
    """Ended login sessions by sid."""

    items = fields.List(
        fields.Nested(EndedLoginSessionSchema), metadata={"description": "the listed rows"}
    )
    next = fields.String(
        allow_none=True, metadata={"description": "what to ask for as `after`; null at the end"}
    )


class KeySetSchema(Schema):
    """A JWKS document."""

    keys = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String()),
        metadata={"description": "public keys as JWKs, the signing one first"},
    )
