"""A request on its way through the gateway: what its head says, read once, and what has become
known of it so far.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gateway.dialects.clean import CLEAN
from gateway.dialects.speech import NO_HABITS, Dialect, Habit
from gateway.errors import Fault, Refused
from gateway.limits import Outcome, Room
from gateway.routes import Limit, Row
from shared.http.addresses import network_of


class Arriving(Protocol):
    """What is still to come of a request."""

    async def readany(self) -> bytes:
        """Wait for more and give it; nothing is the end."""
        ...


class Ended:
    """A body of which nothing comes any more."""

    async def readany(self) -> bytes:
        """Give nothing."""
        return b""


NOTHING_ARRIVES = Ended()


@dataclass(kw_only=True, slots=True)
class Request:
    """One request.

    `path` is decoded text, a byte that is no UTF-8 a lone surrogate; `query` stays as it was sent.
    `headers` are by name in lower case, repeated ones joined by commas, Latin-1. `peer` is the
    connection's other end, `address` the caller it speaks for, in its one spelling.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    peer: str = ""
    arriving: Arriving = NOTHING_ARRIVES

    # what becomes known on the way: for refusals, limits, logs and metrics
    address: str = ""
    label: str = "unknown"
    dialect: Dialect = CLEAN
    row: Row | None = None
    account_id: int | None = None
    upstream: str | None = None
    holds_large_body: bool = False
    counted_as: str | None = None
    entered: dict[Limit, str] = field(default_factory=dict)
    outcome: Outcome | None = None
    rooms: dict[str, Room] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """Give a header by its name in lower case, empty where there is none."""
        return self.headers.get(name, "")

    def take(self, row: Row) -> None:
        """Note the legacy row that answers."""
        self.row = row
        self.label = row.number
        self.dialect = row.dialect

    @property
    def is_reading(self) -> bool:
        """Tell whether it only wants to know something."""
        return self.method in ("GET", "HEAD")

    @property
    def limited_by(self) -> str:
        """Give what limits per network count this caller by."""
        return network_of(self.address)

    @property
    def caller(self) -> str:
        """Give for whom services are called: an account, or a network as long as nobody is
        known.
        """
        if self.account_id is not None:
            return f"account {self.account_id}"
        return self.limited_by

    @property
    def habits(self) -> frozenset[Habit]:
        """Give what the legacy row does unlike others; nothing where none was found."""
        return self.row.habits if self.row is not None else NO_HABITS

    @property
    def declared_bytes(self) -> int | None:
        """Give the length the request declares, None for a chunked body, 0 for none.

        Raises:
            Refused: `BAD_FRAMING` when length and transfer coding contradict each other or cannot
            be understood.
        """
        coding, length = self.header("transfer-encoding"), self.header("content-length")
        if coding:
            if coding.strip().lower() != "chunked" or length:
                raise Refused(Fault.BAD_FRAMING)
            return None
        if not length:
            return 0
        if not (length.isascii() and length.isdigit()):
            raise Refused(Fault.BAD_FRAMING)
        return int(length)

    def refuse_more_than(self, size_limit: int) -> None:
        """Refuse a body that says it is too large; a chunked one's size is only known by reading
        it.

        Raises:
            Refused: `BODY_TOO_LARGE` or `BAD_FRAMING`.
        """
        length = self.declared_bytes
        if length is not None and length > size_limit:
            raise Refused(Fault.BODY_TOO_LARGE)
