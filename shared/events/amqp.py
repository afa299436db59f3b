"""RabbitMQ through pika, and the only module that imports pika. Works on RabbitMQ 3.10 and 4.

Each publisher and each subscription has a connection of its own, run by a thread of its own that
does nothing but input and output, so heartbeats are answered however long the relay or the consumer
works. Everything else reaches that thread through `add_callback_threadsafe`.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pika  # type: ignore[import-untyped] # it has annotations but no py.typed marker

from shared.events.broker import (
    BrokerUnavailable,
    Delivery,
    Message,
    Outcome,
    OutcomeKind,
    Overhearing,
    Publisher,
    Subscription,
    Topology,
)

EXCHANGE = "hearth.events"
DEAD_LETTER_EXCHANGE = "hearth.events.dead"
LIVE_EXCHANGE = "hearth.live"
"""Live events go here, too, for whoever listens. An exchange of its own: bound to the other one, a
listener would count as taking an event that no service's queue got."""
MOST_UNHEARD = 100_000
DELIVERY_LIMIT = 20
PREFETCH = 500
_HEARTBEAT_SECONDS = 30
_OPENING_SECONDS = (
    20.0  # a first declaration of every quorum queue takes its time on a busy machine
)
_CONFIRM_SECONDS = 30.0
_CLOSING_SECONDS = 3.0
_NO_LIMIT = 2_000_000_000  # RabbitMQ 4 would drop after 20 deliveries; 3.10 knows no "unlimited"

Setup = Callable[[Any, Callable[[], None]], None]
"""Prepares a fresh channel and calls its second argument when it is ready for use. Runs in the
connection's thread.
"""


class AmqpBroker:
    """RabbitMQ behind the port. `name_prefix` goes before every exchange and queue name."""

    def __init__(self, url: str, *, name_prefix: str = "") -> None:
        # pika tells a lost connection in five records; the worker tells it in one line.
        logging.getLogger("pika").setLevel(logging.CRITICAL)
        self._parameters = _parameters(url)
        self.address = f"{self._parameters.host}:{self._parameters.port}"
        self._prefix = name_prefix

    def declare(self, topology: Topology) -> None:
        """Make exchanges, queues and bindings that are not there yet.

        Raises:
            BrokerUnavailable: the broker cannot be reached or has them with other properties.
        """
        connection = _Connection(
            self._parameters,
            lambda channel, ready: _declare(channel, self._prefix, topology, ready),
        )
        connection.close()

    def publisher(self) -> Publisher:
        """Open a connection for publishing.

        Raises:
            BrokerUnavailable: the broker cannot be reached.
        """
        return _AmqpPublisher(
            self._parameters, self._prefix + EXCHANGE, self._prefix + LIVE_EXCHANGE
        )

    def subscription(self, service: str) -> Subscription:
        """Open a connection that consumes a service's queue and what was dead-lettered from it.

        Raises:
            BrokerUnavailable: the broker cannot be reached, or the queue was not declared.
        """
        return _AmqpSubscription(self._parameters, self._prefix + queue_of(service))

    def overhear(self, types: frozenset[str]) -> Overhearing:
        """Open a connection with a queue of its own, which goes with it.

        Raises:
            BrokerUnavailable: the broker cannot be reached.
        """
        return _AmqpOverhearing(self._parameters, self._prefix + LIVE_EXCHANGE, types)

    def close(self) -> None:
        """Hold nothing, so there is nothing to let go of."""


def queue_of(service: str) -> str:
    """Give the name of a service's queue."""
    return f"{service}.events"


def dead_queue_of(main_queue: str) -> str:
    """Give the name of the queue that takes what was dead-lettered from a queue."""
    return f"{main_queue}.dead"


def _parameters(url: str) -> Any:
    parameters = pika.URLParameters(url)
    parameters.heartbeat = _HEARTBEAT_SECONDS
    parameters.blocked_connection_timeout = 60
    parameters.socket_timeout = 5
    parameters.stack_timeout = 8
    parameters.connection_attempts = 1
    return parameters


def _declare(channel: Any, prefix: str, topology: Topology, ready: Callable[[], None]) -> None:
    """Send every declaration; a refused one closes the channel, and the last answer means that none
    was refused.
    """
    exchange, dead_exchange = prefix + EXCHANGE, prefix + DEAD_LETTER_EXCHANGE
    channel.exchange_declare(exchange, exchange_type="topic", durable=True)
    channel.exchange_declare(dead_exchange, exchange_type="direct", durable=True)
    for service, types in topology.items():
        main_queue = prefix + queue_of(service)
        _declare_queues(channel, main_queue, dead_exchange)
        for event_type in sorted(types):
            channel.queue_bind(main_queue, exchange, routing_key=event_type)
    channel.exchange_declare(exchange, passive=True, callback=lambda _frame: ready())


def _declare_queues(channel: Any, main_queue: str, dead_exchange: str) -> None:
    dead_queue = dead_queue_of(main_queue)
    channel.queue_declare(
        dead_queue,
        durable=True,
        arguments={"x-queue-type": "quorum", "x-delivery-limit": _NO_LIMIT},
    )
    channel.queue_bind(dead_queue, dead_exchange, routing_key=main_queue)
    channel.queue_declare(
        main_queue,
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": dead_exchange,
            "x-dead-letter-routing-key": main_queue,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",  # at-least-once dead-lettering asks for it
        },
    )


class _Connection:
    """A connection with one channel and the thread that serves it."""

    def __init__(
        self,
        parameters: Any,
        setup: Setup,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self._parameters = parameters
        self._setup = setup
        self._on_failure = on_failure
        self._ready = threading.Event()
        self._failure: str | None = None
        self._pika: Any = None
        self.channel: Any = None
        self._thread = threading.Thread(target=self._run, name="amqp", daemon=True)
        self._thread.start()
        if not self._ready.wait(_OPENING_SECONDS):
            self._failure = "the broker does not answer"
        if self._failure is not None:
            self.close()
            raise BrokerUnavailable(self._failure)

    def soon(self, work: Callable[[], None]) -> None:
        """Run `work` in the connection's thread.

        Raises:
            BrokerUnavailable: the connection is gone.
        """
        self.check()
        self._pika.ioloop.add_callback_threadsafe(lambda: self._guarded(work))

    def check(self) -> None:
        """Raise BrokerUnavailable when the connection is gone."""
        if self._failure is not None:
            raise BrokerUnavailable(self._failure)

    def close(self) -> None:
        """Close and wait a moment for the thread; a thread that hangs is a daemon and dies with the
        process.
        """
        if self._thread.is_alive() and self._pika is not None:
            with contextlib.suppress(Exception):  # its loop may be closing at this very moment
                self._pika.ioloop.add_callback_threadsafe(self._close_now)
            self._thread.join(_CLOSING_SECONDS)

    def _run(self) -> None:
        try:
            self._pika = pika.SelectConnection(
                self._parameters,
                on_open_callback=self._opened,
                on_open_error_callback=lambda _connection, error: self._failed(error),
                on_close_callback=lambda _connection, error: self._failed(error),
            )
            self._pika.ioloop.start()
        except Exception as error:  # noqa: BLE001 - whatever ends this thread must reach the one that waits for it
            self._failed(error)
        finally:
            if self._pika is not None:
                with contextlib.suppress(Exception):
                    self._pika.ioloop.close()

    def _opened(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Any) -> None:
        self.channel = channel
        channel.add_on_close_callback(self._channel_closed)
        self._guarded(lambda: self._setup(channel, self._ready.set))

    def _channel_closed(self, _channel: Any, error: BaseException) -> None:
        self._failed(error)
        self._close_now()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - pika raises many kinds; each means that this connection is of no use
            self._failed(error)
            self._close_now()

    def _failed(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = f"the connection to the broker ended: {type(error).__name__}"
            self._on_failure()
        self._ready.set()
        if self._pika is None or self._pika.is_closed:
            self._stop()

    def _close_now(self) -> None:
        if self._pika.is_closed:
            self._stop()
        elif not self._pika.is_closing:  # else the loop must go on until it has closed
            self._pika.close()

    def _stop(self) -> None:
        if self._pika is not None:
            self._pika.ioloop.stop()


class _Batch:
    """The outcomes of one `publish`, collected in the connection's thread."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = messages
        self.outcomes: list[Outcome | None] = [None] * len(messages)
        self.returned: dict[str, str] = {}
        self.done = threading.Event()
        self._open = len(messages)

    def settle(self, index: int, *, is_acked: bool) -> None:
        if self.outcomes[index] is not None:
            return
        self.outcomes[index] = self._outcome(self.messages[index], is_acked=is_acked)
        self._open -= 1
        if self._open == 0:
            self.done.set()

    def _outcome(self, message: Message, *, is_acked: bool) -> Outcome:
        if not is_acked:
            return Outcome(kind=OutcomeKind.REFUSED, reason="the broker refused it")
        reason = self.returned.get(message.event_id)
        if reason is not None:
            return Outcome(kind=OutcomeKind.RETURNED, reason=reason)
        return Outcome(kind=OutcomeKind.CONFIRMED)


class _AmqpPublisher:
    def __init__(self, parameters: Any, exchange: str, live_exchange: str) -> None:
        self._exchange = exchange
        self._live_exchange = live_exchange
        self._batch: _Batch | None = None
        self._last_tag = 0
        self._outstanding: dict[int, int] = {}  # delivery tag → index in the batch, in order
        self._connection = _Connection(parameters, self._prepare, self._wake)

    def publish(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        if not messages:
            return []
        batch = _Batch(messages)
        self._batch = batch
        self._connection.soon(lambda: self._send(batch))
        is_done = batch.done.wait(_CONFIRM_SECONDS)
        outcomes = [outcome for outcome in batch.outcomes if outcome is not None]
        if len(outcomes) == len(messages):
            return outcomes
        self._connection.check()
        message = "the broker did not confirm in time" if not is_done else "the batch broke off"
        raise BrokerUnavailable(message)

    def close(self) -> None:
        self._connection.close()

    def _prepare(self, channel: Any, ready: Callable[[], None]) -> None:
        channel.add_on_return_callback(self._returned)
        channel.exchange_declare(self._live_exchange, exchange_type="topic", durable=True)
        channel.confirm_delivery(self._confirmed, callback=lambda _frame: ready())

    def _wake(self) -> None:
        if self._batch is not None:
            self._batch.done.set()

    def _send(self, batch: _Batch) -> None:
        for index, message in enumerate(batch.messages):
            self._last_tag += 1
            self._outstanding[self._last_tag] = index
            self._connection.channel.basic_publish(
                self._exchange,
                message.type,
                message.body,
                pika.BasicProperties(
                    message_id=message.event_id,
                    type=message.type,
                    content_type="application/cloudevents+json",
                    delivery_mode=2,
                ),
                mandatory=True,
            )
            if message.is_live:
                self._last_tag += 1  # confirmed, too, and nobody waits for it
                self._connection.channel.basic_publish(
                    self._live_exchange, message.type, message.body
                )

    def _returned(self, _channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        """Note a returned message; RabbitMQ sends this before the confirm of the same message."""
        if self._batch is not None:
            self._batch.returned[properties.message_id] = str(method.reply_text)

    def _confirmed(self, frame: Any) -> None:
        is_acked = isinstance(frame.method, pika.spec.Basic.Ack)
        tag = frame.method.delivery_tag
        for settled in self._up_to(tag) if frame.method.multiple else [tag]:
            index = self._outstanding.pop(settled, None)
            if index is not None and self._batch is not None:
                self._batch.settle(index, is_acked=is_acked)

    def _up_to(self, newest: int) -> list[int]:
        return [tag for tag in self._outstanding if tag <= newest or newest == 0]


class _AmqpSubscription:
    def __init__(self, parameters: Any, main_queue: str) -> None:
        self._queue = main_queue
        self._arrived: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()
        self._connection = _Connection(parameters, self._prepare, self._wake)

    def receive(self, *, limit: int, timeout_seconds: float) -> Sequence[Delivery]:
        until = time.monotonic() + timeout_seconds
        first = self._next(max(0.0, until - time.monotonic()))
        if first is None:
            self._connection.check()
            return []
        deliveries = [first]
        while len(deliveries) < limit and (further := self._next(0)) is not None:
            deliveries.append(further)
        return deliveries

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge everything up to the newest of these: they are the oldest ones of the
        channel.
        """
        if deliveries:
            newest = max(delivery.tag for delivery in deliveries)
            self._connection.soon(lambda: self._connection.channel.basic_ack(newest, multiple=True))

    def close(self) -> None:
        self._connection.close()

    def _next(self, timeout_seconds: float) -> Delivery | None:
        try:
            if timeout_seconds <= 0:
                return self._arrived.get_nowait()
            return self._arrived.get(timeout=timeout_seconds)
        except queue.Empty:
            return None

    def _prepare(self, channel: Any, ready: Callable[[], None]) -> None:
        channel.add_on_cancel_callback(lambda _frame: channel.close())
        channel.basic_qos(prefetch_count=PREFETCH)
        channel.basic_consume(dead_queue_of(self._queue), self._delivered)
        channel.basic_consume(self._queue, self._delivered, callback=lambda _frame: ready())

    def _wake(self) -> None:
        self._arrived.put(None)

    def _delivered(self, _channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        self._arrived.put(Delivery(tag=method.delivery_tag, body=body))


class _AmqpOverhearing:
    def __init__(self, parameters: Any, exchange: str, types: frozenset[str]) -> None:
        self._exchange = exchange
        self._types = types
        self._arrived: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._connection = _Connection(parameters, self._prepare, self._wake)

    def receive(self, *, limit: int, timeout_seconds: float) -> Sequence[bytes]:
        self._connection.check()
        heard: list[bytes] = []
        with contextlib.suppress(queue.Empty):
            while len(heard) < limit:
                body = self._arrived.get(block=not heard, timeout=timeout_seconds)
                if body is None:
                    self._connection.check()
                else:
                    heard.append(body)
        return heard

    def close(self) -> None:
        self._connection.close()

    def _prepare(self, channel: Any, ready: Callable[[], None]) -> None:
        """Make the queue. It is bounded, so that a listener which stands still costs the broker
        little until its connection is given up.
        """
        channel.add_on_cancel_callback(lambda _frame: channel.close())
        channel.exchange_declare(self._exchange, exchange_type="topic", durable=True)
        channel.queue_declare(
            "",
            exclusive=True,
            auto_delete=True,
            arguments={"x-max-length": MOST_UNHEARD},
            callback=lambda frame: self._bind(channel, frame.method.queue, ready),
        )

    def _bind(self, channel: Any, name: str, ready: Callable[[], None]) -> None:
        for event_type in sorted(self._types):
            channel.queue_bind(name, self._exchange, routing_key=event_type)
        channel.basic_consume(
            name, self._delivered, auto_ack=True, exclusive=True, callback=lambda _frame: ready()
        )

    def _wake(self) -> None:
        self._arrived.put(None)

    def _delivered(self, _channel: Any, _method: Any, _properties: Any, body: bytes) -> None:
        self._arrived.put(body)
