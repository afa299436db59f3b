"""The port to a broker: declare the topology, publish with an outcome per message, receive and
acknowledge. `shared.events.brokers` picks the adapter.

Both adapters promise the same: an exchange that routes by type, one durable queue per consuming
service with one active consumer, an unroutable message is given back, a message that was not
acknowledged comes again. One contract-test suite holds them to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

Topology = Mapping[str, frozenset[str]]
"""Service → the types its queue is bound to."""


class BrokerKind(Enum):
    """The two adapters."""

    AMQP = "RabbitMQ"
    FILE = "the embedded bus"


def kind_of(url: str) -> BrokerKind:
    """Tell which adapter speaks a `BROKER_URL`.

    Raises:
        ValueError: none does.
    """
    if url.startswith(("amqp://", "amqps://")):
        return BrokerKind.AMQP
    if url.startswith("sqlite:///"):
        return BrokerKind.FILE
    message = "the broker URL must begin with amqp://, amqps:// or sqlite:///"
    raise ValueError(message)


class BrokerUnavailable(Exception):
    """The broker cannot be reached or broke off; what was in flight may or may not have arrived."""


class OutcomeKind(Enum):
    """What became of one published message."""

    CONFIRMED = "confirmed"
    RETURNED = "returned"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one message: confirmed; returned, because no queue wants its type; refused by
    the broker.
    """

    kind: OutcomeKind
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One event on its way out. One that `is_live` is also told to whoever overhears its type."""

    event_id: str
    type: str
    body: bytes = field(repr=False)
    is_live: bool = False


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One event that came in; `tag` is the adapter's own and is handed back to acknowledge it."""

    tag: int
    body: bytes = field(repr=False)


class Publisher(Protocol):
    """Publishes from one thread."""

    def publish(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Publish all at once and wait until each has an outcome, given in the order of the
        messages.

        Raises:
            BrokerUnavailable: the outcomes are unknown; publish them again.
        """
        ...

    def close(self) -> None:
        """Let go of the connection; never raises."""
        ...


class Subscription(Protocol):
    """Receives one service's events in one thread, as the single active consumer of its queue."""

    def receive(self, *, limit: int, timeout_seconds: float) -> Sequence[Delivery]:
        """Wait for at least one event, then give what is there, up to `limit`, in order; empty
        after the timeout.

        Raises:
            BrokerUnavailable: the connection is gone; what was not acknowledged comes again.
        """
        ...

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Let the broker forget these, which must be the oldest ones received.

        Raises:
            BrokerUnavailable: they may come again.
        """
        ...

    def close(self) -> None:
        """Stop receiving; what was not acknowledged goes to the next consumer. Never raises."""
        ...


class Overhearing(Protocol):
    """Hears live events as they pass, in one thread. Nothing is kept for whoever does not listen,
    nothing is acknowledged, and what is heard here counts as taken by nobody.
    """

    def receive(self, *, limit: int, timeout_seconds: float) -> Sequence[bytes]:
        """Wait for at least one event, then give the bodies of what is there, up to `limit`; empty
        after the timeout. An event may be heard twice.

        Raises:
            BrokerUnavailable: something may have been missed; listen anew.
        """
        ...

    def close(self) -> None:
        """Stop listening; never raises."""
        ...


class Broker(Protocol):
    """Makes publishers and subscriptions; holds no connection itself, so it may be made anywhere
    and shared by threads. `address` is where it is, for logs: host and port or a file, never an
    account.
    """

    address: str

    def declare(self, topology: Topology) -> None:
        """Make every queue and binding of the topology; what exists stays.

        Raises:
            BrokerUnavailable: nothing is certain; declare again.
        """
        ...

    def publisher(self) -> Publisher:
        """Open a publisher.

        Raises:
            BrokerUnavailable: the broker cannot be reached.
        """
        ...

    def subscription(self, service: str) -> Subscription:
        """Open the subscription of a service whose queue was declared.

        Raises:
            BrokerUnavailable: the broker cannot be reached.
        """
        ...

    def close(self) -> None:
        """Let go of what is held between uses; never raises."""
        ...
