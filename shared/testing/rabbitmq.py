"""Cleaning up on a RabbitMQ that many tests share."""

from typing import Any

from shared.events.amqp import (
    DEAD_LETTER_EXCHANGE,
    EXCHANGE,
    AmqpBroker,
    _Connection,
    dead_queue_of,
    queue_of,
)
from shared.events.broker import Topology


def remove_topology(broker: AmqpBroker, topology: Topology) -> None:
    """Delete the topology's queues, with what waits in them, and its exchanges.

    Each quorum queue reserves three of the server's file handles; when a few hundred are left lying
    about, a server with the usual limit of 1,024 lets new connections wait for ever.
    """
    prefix = broker._prefix

    def delete(channel: Any, ready: Any) -> None:
        for service in topology:
            queue = prefix + queue_of(service)
            channel.queue_delete(queue)
            channel.queue_delete(dead_queue_of(queue))
        for exchange in (EXCHANGE, DEAD_LETTER_EXCHANGE):
            channel.exchange_delete(prefix + exchange)
        channel.exchange_declare("amq.topic", passive=True, callback=lambda _frame: ready())

    _Connection(broker._parameters, delete).close()
