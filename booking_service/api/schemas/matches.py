"""Bodies of `/api/v1/matches`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, post_load

from booking_service.api.schemas.practitioners import PractitionerSchema
from booking_service.domain.matches import FindMatches, Place
from shared.http.fields import Instant, QueryNumber, TimeZone
from shared.http.locales import locale_field
from shared.http.pagination import Cursor, limit_field, page_schema


@dataclass(frozen=True, kw_only=True)
class MatchesWanted:
    """What to find, and in which language to answer."""

    command: FindMatches
    locale: str | None


class MatchCursor(Cursor):
    """A place in the order a client got on a day."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        numbers = super()._deserialize(value, attr, data, **kwargs)
        try:
            return Place.of(numbers)
        except (ValueError, OverflowError) as error:
            raise ValidationError("Not a cursor of this list.") from error


class MatchesWantedSchema(Schema):
    """How many days and therapists."""

    days = QueryNumber(
        minimum=1,
        maximum=60,
        load_default=28,
        metadata={"description": "how many days ahead free hours are looked for"},
    )
    limit = limit_field(default=50)
    whole_hours_in = TimeZone(
        load_default=None,
        metadata={"description": "IANA zone; only hours that begin at a full hour there count"},
    )
    cursor = MatchCursor(
        numbers=5,
        metadata={"description": "`next` of the page before; the order stays that page's"},
    )
    locale = locale_field()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> MatchesWanted:
        locale, zone = data.pop("locale"), data.pop("whole_hours_in")
        after = data.pop("cursor")
        command = FindMatches(**data, after=after, whole_hours_in=ZoneInfo(zone) if zone else None)
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


MatchPageSchema = page_schema(MatchSchema)
