"""Bodies of `/api/v1/matches`."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields, post_load

from booking_service.api.schemas.practitioners import PractitionerSchema
from booking_service.api.schemas.texts import locale_field
from booking_service.domain.matches import FindMatches
from shared.http.fields import Instant, QueryNumber, TimeZone
from shared.http.pagination import list_schema


@dataclass(frozen=True, kw_only=True)
class MatchesWanted:
    """What to find, and in which language to answer."""

    command: FindMatches
    locale: str | None


class MatchesWantedSchema(Schema):
    """How many days and therapists."""

    days = QueryNumber(
        minimum=1,
        maximum=60,
        load_default=28,
        metadata={"description": "how many days ahead free hours are looked for"},
    )
    limit = QueryNumber(
        minimum=1,
        maximum=100,
        load_default=50,
        metadata={"description": "how many therapists at most"},
    )
    whole_hours_in = TimeZone(
        load_default=None,
        metadata={"description": "IANA zone; only hours that begin at a full hour there count"},
    )
    locale = locale_field()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> MatchesWanted:
        """Give what is wanted."""
        locale, zone = data.pop("locale"), data.pop("whole_hours_in")
        command = FindMatches(**data, whole_hours_in=ZoneInfo(zone) if zone else None)
        return MatchesWanted(command=command, locale=locale)


class MatchSchema(Schema):
    """A therapist who fits."""

    practitioner = fields.Nested(
        PractitionerSchema, metadata={"description": "the therapist's public record"}
    )
    slots = fields.List(Instant(), metadata={"description": "starts of free hours, ascending"})
    meets = fields.List(
        fields.String(),
        metadata={"description": "wishes met: therapy_type language gender price hour topics"},
    )
    relaxed = fields.List(
        fields.String(), metadata={"description": "wishes not met, because nobody meets them all"}
    )


MatchListSchema = list_schema(MatchSchema)
