"""Pages of lists and the bound of identifiers, apart from HTTP so that queries can use them.

A list goes on behind a place: the values its rows are ordered by, of the last row that was read. It
costs the same wherever it stands, and rows that come or go meanwhile shift nothing.
`shared/http/pagination.py` has how places are spelled.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

R = TypeVar("R")
T = TypeVar("T")
# The largest whole number every JSON reader keeps exactly.
MAX_IDENTIFIER = 2**53
MOST_ON_A_PAGE = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Place = tuple[int, ...]
"""Whole numbers; an instant is its microseconds since 1970."""


@dataclass(frozen=True, kw_only=True)
class PageWanted:
    """How many rows a caller asks for, and the place behind which they begin; None: the first."""

    limit: int = 20
    after: Place | None = None

    @property
    def rows_to_read(self) -> int:
        """Give how many rows a query reads: one more tells whether something follows."""
        return self.limit + 1


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """Some rows, and the place behind which the next page begins; None at the end."""

    items: Sequence[T]
    next: Place | None

    def of(self, items: Sequence[R]) -> "Page[R]":
        """Give the page with its rows made into something else, one for one."""
        return Page(items=items, next=self.next)


def page_of(rows: Sequence[T], wanted: PageWanted, place_of: Callable[[T], Place]) -> Page[T]:
    """Make the page of what a query read (`rows_to_read` at most)."""
    shown = rows[: wanted.limit]
    return Page(items=shown, next=place_of(shown[-1]) if len(rows) > len(shown) else None)


def microseconds_of(moment: datetime) -> int:
    """Spell an instant as a place has it."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(microseconds: int) -> datetime:
    """Give the instant a place names.

    Raises:
        OverflowError: no instant.
    """
    return _EPOCH + timedelta(microseconds=microseconds)
