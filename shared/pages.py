"""Pages of lists and the bound of identifiers, apart from HTTP so that queries can use them.

`shared/http/pagination.py` has their schemas.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
# The largest whole number every JSON reader keeps exactly.
MAX_IDENTIFIER = 2**53


@dataclass(frozen=True, kw_only=True)
class PageWanted:
    """Which page a caller asks for; pages count from 1."""

    page: int = 1
    per_page: int = 20

    @property
    def offset(self) -> int:
        """Give how many rows stand before this page."""
        return (self.page - 1) * self.per_page


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """One page and how many rows there are in all."""

    items: Sequence[T]
    total: int
    page: int
    per_page: int
