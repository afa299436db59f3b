"""A worker process of the crash tests: it kills itself without warning at a chosen point.

The product has no such switch: the points are wrapped around its collaborators here. Run as
`python -m shared.tests.events.crashing_worker <addresses> <role> <point> <how often before>`.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from shared.events import inbox as inbox_module
from shared.events import outbox as outbox_module
from shared.events import relay as relay_module
from shared.events.broker import (
    Broker,
    Delivery,
    Message,
    Outcome,
    Publisher,
    Subscription,
    Topology,
)
from shared.tests.events.parts import Addresses, Platform

COMMIT_AND_PUBLISH = "between commit and publish"
PUBLISH_AND_MARK = "between publish and mark"
RECEIVE_AND_ACK = "between receive and ack"
EFFECT_AND_DONE = "between effect and done"
NEVER = "never"

MARKS_FIRST = "marks before it publishes"
ACKNOWLEDGES_FIRST = "acknowledges before it stores"
FORGETS_WHAT_IT_HAS_SEEN = "has no inbox to recognise an event by"


class Countdown:
    """Kills the process at the given passage."""

    def __init__(self, passages_before: int) -> None:
        self._left = passages_before

    @property
    def is_over(self) -> bool:
        return self._left == 0

    def passed(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


class CrashingPublisher:
    def __init__(self, inner: Publisher, point: str, countdown: Countdown) -> None:
        self._inner = inner
        self._point = point
        self._countdown = countdown

    def publish(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        if self._point == COMMIT_AND_PUBLISH:
            self._countdown.passed()
        outcomes = self._inner.publish(messages)
        if self._point == PUBLISH_AND_MARK:
            self._countdown.passed()
        return outcomes

    def close(self) -> None:
        self._inner.close()


class CrashingSubscription:
    def __init__(self, inner: Subscription, point: str, countdown: Countdown) -> None:
        self._inner = inner
        self._point = point
        self._countdown = countdown

    def receive(self, *, limit: int, timeout_seconds: float) -> Sequence[Delivery]:
        return self._inner.receive(limit=1, timeout_seconds=timeout_seconds)

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        if self._point == RECEIVE_AND_ACK:
            self._countdown.passed()
        self._inner.acknowledge(deliveries)

    def close(self) -> None:
        self._inner.close()


class CrashingBroker:
    def __init__(self, inner: Broker, point: str, countdown: Countdown) -> None:
        self._inner = inner
        self._point = point
        self._countdown = countdown
        self.address = inner.address

    def declare(self, topology: Topology) -> None:
        self._inner.declare(topology)

    def publisher(self) -> Publisher:
        return CrashingPublisher(self._inner.publisher(), self._point, self._countdown)

    def subscription(self, service: str) -> Subscription:
        return CrashingSubscription(self._inner.subscription(service), self._point, self._countdown)

    def close(self) -> None:
        self._inner.close()


def break_the_product(fault: str) -> None:
    """Take one safety away: what the checks must notice."""
    if fault == MARKS_FIRST:
        _mark_before_publishing()
    elif fault == ACKNOWLEDGES_FIRST:
        CrashingSubscription.receive = _receive_and_acknowledge  # type: ignore[method-assign]
        CrashingSubscription.acknowledge = _acknowledged_already  # type: ignore[assignment,method-assign]
    elif fault == FORGETS_WHAT_IT_HAS_SEEN:
        _store_every_delivery_as_new()


def _mark_before_publishing() -> None:
    original = relay_module.Relay._publish_in_waves

    def marked_first(self: Any, publisher: Any, batch: Any, turn: Any) -> None:
        sequences = [event.sequence for event in batch]
        now = self._clock.now()
        self._database.writing(
            lambda session: outbox_module.mark_published(session, sequences, now=now)
        )
        original(self, publisher, batch, turn)

    relay_module.Relay._publish_in_waves = marked_first  # type: ignore[method-assign]


def _receive_and_acknowledge(
    self: Any, *, limit: int, timeout_seconds: float
) -> Sequence[Delivery]:
    deliveries: Sequence[Delivery] = self._inner.receive(limit=1, timeout_seconds=timeout_seconds)
    if deliveries:
        self._inner.acknowledge(deliveries)
        if self._countdown.is_over:
            self._inner.close()  # lets the acknowledgement leave
        self._countdown.passed()
    return deliveries


def _acknowledged_already(_self: Any, _deliveries: Sequence[Delivery]) -> None:
    pass


def _store_every_delivery_as_new() -> None:
    original: Callable[..., dict[str, Any]] = inbox_module._inbox_row

    def anonymous(*arguments: Any) -> dict[str, Any]:
        return original(*arguments) | {"event_id": os.urandom(8).hex()}

    inbox_module._inbox_row = anonymous  # type: ignore[assignment]


def main(addresses: str, role: str, point: str, passages_before: str, *faults: str) -> None:
    """Run one service's worker until killed."""
    countdown = Countdown(int(passages_before))
    for fault in faults:
        break_the_product(fault)
    if point == EFFECT_AND_DONE:
        finish = inbox_module._finish

        def finish_or_die(*arguments: Any) -> None:
            countdown.passed()
            finish(*arguments)

        inbox_module._finish = finish_or_die  # type: ignore[assignment]
    platform = Platform(Addresses.from_json(addresses))
    inner = platform.broker
    platform.broker = lambda: CrashingBroker(inner(), point, countdown)  # type: ignore[method-assign]
    worker = platform.producer_worker() if role == "producer" else platform.consumer_worker()
    sys.exit(worker.run())


if __name__ == "__main__":
    main(*sys.argv[1:])
