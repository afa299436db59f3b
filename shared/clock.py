"""The one place that asks what time it is, and the one spelling of instants outward."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Gives the present moment; handed in wherever a rule depends on time."""

    def now(self) -> datetime:
        """Give the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Give the present instant, aware, in UTC."""
        return datetime.now(UTC)


def instant_text(moment: datetime) -> str:
    """Spell an aware instant as RFC 3339 in UTC with microseconds and `Z`.

    Raises:
        ValueError: the instant has no time zone.
    """
    if moment.tzinfo is None:
        msg = "an instant needs a time zone"
        raise ValueError(msg)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
