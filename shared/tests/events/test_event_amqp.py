"""What only RabbitMQ can go wrong with: heartbeats, refusals, servers that are not there."""

import threading
import uuid
from collections.abc import Iterator

import pytest

from shared.events.amqp import AmqpBroker
from shared.events.broker import BrokerUnavailable, Message
from shared.events.brokers import create_broker
from shared.testing.rabbitmq import remove_topology

TYPE = "auth.thing.happened.v1"
TOPOLOGY = {"booking_service": frozenset({TYPE})}


@pytest.fixture
def broker(rabbitmq_server: str) -> Iterator[AmqpBroker]:
    made = AmqpBroker(rabbitmq_server, name_prefix=f"{uuid.uuid4().hex[:8]}.")
    made.declare(TOPOLOGY)
    yield made
    made._parameters = AmqpBroker(rabbitmq_server)._parameters  # a test may have changed them
    remove_topology(made, TOPOLOGY)


def publish(broker: AmqpBroker, *bodies: bytes) -> None:
    publisher = broker.publisher()
    publisher.publish(
        [Message(event_id=str(index), type=TYPE, body=body) for index, body in enumerate(bodies)]
    )
    publisher.close()


def test_work_longer_than_several_heartbeats_keeps_the_connection(broker: AmqpBroker):
    broker._parameters.heartbeat = 1
    publish(broker, b"one")
    subscription = broker.subscription("booking_service")
    publisher = broker.publisher()
    (delivery,) = subscription.receive(limit=10, timeout_seconds=5)
    threading.Event().wait(4)  # the work; a connection served by this thread would be gone now
    subscription.acknowledge([delivery])
    assert publisher.publish([Message(event_id="x", type=TYPE, body=b"two")])
    (second,) = subscription.receive(limit=10, timeout_seconds=5)
    assert second.body == b"two"
    subscription.close()
    publisher.close()

    again = broker.subscription("booking_service")
    assert [each.body for each in again.receive(limit=10, timeout_seconds=2)] == [b"two"]
    again.close()


def test_acknowledging_forgets_exactly_what_was_stored(broker: AmqpBroker):
    publish(broker, b"one", b"two", b"three")
    subscription = broker.subscription("booking_service")
    received = list(subscription.receive(limit=2, timeout_seconds=5))
    while len(received) < 2:
        received += subscription.receive(limit=1, timeout_seconds=5)
    subscription.acknowledge(received)
    subscription.close()

    rest = broker.subscription("booking_service")
    assert [each.body for each in rest.receive(limit=10, timeout_seconds=5)] == [b"three"]
    rest.close()


def test_a_server_that_is_not_there_is_unavailable():
    nowhere = create_broker("amqp://guest:guest@127.0.0.1:1/")
    for use in (
        nowhere.publisher,
        lambda: nowhere.subscription("booking_service"),
        lambda: nowhere.declare(TOPOLOGY),
    ):
        with pytest.raises(BrokerUnavailable):
            use()


def test_a_wrong_password_is_unavailable_and_stands_in_no_message(rabbitmq_server: str):
    wrong = create_broker(rabbitmq_server.replace(":guest@", ":not-the-one@"))
    with pytest.raises(BrokerUnavailable) as caught:
        wrong.publisher()
    assert "not-the-one" not in str(caught.value)


def test_a_queue_that_was_not_declared_is_unavailable(broker: AmqpBroker):
    with pytest.raises(BrokerUnavailable):
        broker.subscription("profile_service")


def test_a_publisher_whose_connection_broke_says_so(broker: AmqpBroker):
    publisher = broker.publisher()
    publisher.close()
    with pytest.raises(BrokerUnavailable):
        publisher.publish([Message(event_id="x", type=TYPE, body=b"one")])


@pytest.mark.parametrize("url", ["redis://127.0.0.1", "kafka", ""])
def test_another_scheme_is_refused(url: str):
    with pytest.raises(ValueError, match="broker URL"):
        create_broker(url)
