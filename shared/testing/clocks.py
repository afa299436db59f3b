"""A clock that stands until it is told to move."""

from datetime import UTC, datetime, timedelta


class StandingClock:
    """Gives the same instant until `advance` or `set`."""

    def __init__(self, moment: datetime | None = None) -> None:
        self._moment = moment or datetime(2026, 7, 6, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """Give the instant."""
        return self._moment

    def advance(self, **amount: float) -> None:
        """Move by a timedelta's arguments."""
        self._moment += timedelta(**amount)

    def set(self, moment: datetime) -> None:
        """Move to an aware instant."""
        self._moment = moment
