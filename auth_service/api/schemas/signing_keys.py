"""The published keys and the ended login sessions: what gateways and services load."""

from marshmallow import Schema, fields

from shared.http.fields import Instant


class EndedLoginSessionSchema(Schema):
    """A login session that has ended while tokens of it live."""

    sid = fields.String(metadata={"description": "the claim sid of its tokens"})
    expires_at = Instant(metadata={"description": "when its last token dies, UTC"})


class KeySetSchema(Schema):
    """A JWKS document."""

    keys = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String()),
        metadata={"description": "public keys as JWKs, the signing one first"},
    )
