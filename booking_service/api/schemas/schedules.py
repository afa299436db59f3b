"""Bodies of `/api/v1/practitioners/<id>/schedule`."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_load, validate

from booking_service.domain.schedules import (
    Away,
    DatedStretches,
    ScheduleView,
    WeeklyStretch,
    WriteSchedule,
)
from booking_service.domain.slots import DAY_MINUTES, Period, Stretch
from shared.clock import instant_text
from shared.http.fields import Day, Instant, Text, TimeZone, WholeNumber
from shared.schemas import CommandSchema

MOST_ENTRIES = 200
_WALL_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class WallTime(fields.Field[int]):
    """A wall-clock time `HH:MM`, as minutes from midnight; `24:00` ends a day."""

    described_as: ClassVar = {
        "type": "string",
        "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
    }

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if value == "24:00":
            return DAY_MINUTES
        match = _WALL_TIME.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValidationError("Not a time written HH:MM.")
        return int(match[1]) * 60 + int(match[2])

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return wall_time(value or 0)


def wall_time(minute: int) -> str:
    """Spell minutes from midnight as `HH:MM`."""
    return f"{minute // 60:02}:{minute % 60:02}"


class StretchSchema(Schema):
    """Hours of one day, in the schedule's zone."""

    starts = WallTime(required=True, metadata={"description": "HH:MM, on a multiple of 10 minutes"})
    ends = WallTime(required=True, metadata={"description": "HH:MM, up to 24:00"})

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> Any:
        """Give the stretch."""
        return Stretch(starts_minute=data["starts"], ends_minute=data["ends"])


class WeeklyHoursSchema(StretchSchema):
    """Hours of every week."""

    weekday = WholeNumber(required=True, maximum=6, metadata={"description": "Monday is 0"})

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> WeeklyStretch:
        """Give the weekly stretch."""
        stretch = Stretch(starts_minute=data["starts"], ends_minute=data["ends"])
        return WeeklyStretch(weekday=data["weekday"], stretch=stretch)


class OverrideSchema(Schema):
    """What holds on one date instead of the weekly hours."""

    date = Day(required=True, metadata={"description": "a day in the schedule's zone"})
    hours = fields.List(
        fields.Nested(StretchSchema),
        required=True,
        validate=validate.Length(max=24),
        metadata={"description": "empty is a day off"},
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> DatedStretches:
        """Give the date's stretches."""
        return DatedStretches(date=data["date"], stretches=data["hours"])


class AbsenceSchema(Schema):
    """A time away, whatever the schedule says."""

    starts_at = Instant(
        required=True, metadata={"description": "instant with its zone; answered in UTC"}
    )
    ends_at = Instant(
        required=True, metadata={"description": "instant with its zone, exclusive; answered in UTC"}
    )
    reason = Text(
        maximum=500,
        load_default=None,
        allow_none=True,
        may_be_blank=True,
        metadata={"description": "why, at most 500 characters, or null"},
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> Away:
        """Give the absence."""
        period = Period(starts_at=data["starts_at"], ends_at=data["ends_at"])
        return Away(period=period, reason=data["reason"])


def _entries(schema: type[Schema], description: str) -> fields.List[Any]:
    return fields.List(
        fields.Nested(schema),
        load_default=list,
        validate=validate.Length(max=MOST_ENTRIES),
        metadata={"description": description},
    )


class ScheduleSchema(CommandSchema):
    """When a therapist works; written and answered as a whole."""

    makes = WriteSchedule

    time_zone = TimeZone(
        required=True,
        metadata={"description": "IANA zone the therapist works in"},
    )
    weekly_hours = _entries(WeeklyHoursSchema, "hours of every week")
    overrides = _entries(OverrideSchema, "dates on which other hours hold")
    absences = _entries(AbsenceSchema, "times away")


def schedule_json(view: ScheduleView) -> dict[str, object]:
    """Spell a schedule as ScheduleSchema describes it."""
    return {
        "time_zone": view.time_zone,
        "weekly_hours": [
            {"weekday": each.weekday, **_stretch_json(each.stretch)} for each in view.weekly_hours
        ],
        "overrides": [
            {
                "date": each.date.isoformat(),
                "hours": [_stretch_json(stretch) for stretch in each.stretches],
            }
            for each in view.overrides
        ],
        "absences": [
            {
                "starts_at": instant_text(each.period.starts_at),
                "ends_at": instant_text(each.period.ends_at),
                "reason": each.reason,
            }
            for each in view.absences
        ],
    }


def _stretch_json(stretch: Stretch) -> dict[str, object]:
    return {"starts": wall_time(stretch.starts_minute), "ends": wall_time(stretch.ends_minute)}
