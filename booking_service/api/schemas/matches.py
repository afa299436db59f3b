"""Bodies of `/api/v1/matches`."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, post_load

from booking_service.api.schemas.practitioners import PractitionerSchema
from booking_service.api.schemas.texts import locale_field
from booking_service.domain.matches import FindMatches, Place
from shared.http.fields import Instant, QueryNumber, TimeZone


@dataclass(frozen=True, kw_only=True)
class MatchesWanted:
    """What to find, and in which language to answer."""

    command: FindMatches
    locale: str | None


_CURSOR = re.compile(r"(\d{1,7})\.(\d)\.(\d{1,10})\.(\d{1,3})\.(\d{1,20})", re.ASCII)


class Cursor(fields.Field[Place]):
    """A place in the list, as the page before named it."""

    described_as: ClassVar = {"type": "string"}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Place:
        if not isinstance(value, str):
            raise ValidationError("Not a cursor.")
        try:
            read = _CURSOR.fullmatch(
                base64.b64decode(value, altchars=b"-_", validate=True).decode()
            )
            if read is None:
                raise ValidationError("Not a cursor.")
            day, unmet, first_step, shared_topics, turn = (int(each) for each in read.groups())
            return Place(
                day=date.fromordinal(day),
                unmet=unmet,
                first_step=first_step,
                shared_topics=shared_topics,
                turn=turn,
            )
        except (binascii.Error, ValueError, OverflowError) as error:
            raise ValidationError("Not a cursor.") from error


def cursor_text(place: Place | None) -> str | None:
    """Spell a place as `Cursor` reads it."""
    if place is None:
        return None
    text = (
        f"{place.day.toordinal()}.{place.unmet}.{place.first_step}"
        f".{place.shared_topics}.{place.turn}"
    )
    return base64.urlsafe_b64encode(text.encode()).decode()


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
    cursor = Cursor(
        load_default=None,
        metadata={"description": "`next_cursor` of the page before; the order stays that page's"},
    )
    locale = locale_field()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> MatchesWanted:
        """Give what is wanted."""
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


class MatchListSchema(Schema):
    """A page of the therapists who fit, best first."""

    items = fields.List(fields.Nested(MatchSchema), metadata={"description": "the listed rows"})
    next_cursor = fields.String(
        allow_none=True, metadata={"description": "asks for the page that follows; null at the end"}
    )
