"""Cleaning up on a RabbitMQ that many tests share. Deleting twice is deleting once, so what a busy
server broke off is asked for again; no test's result hangs on it.
"""

import subprocess
from typing import Any
from urllib.parse import urlsplit

from shared.events.amqp import (
    DEAD_LETTER_EXCHANGE,
    EXCHANGE,
    LIVE_EXCHANGE,
    AmqpBroker,
    _Connection,
    dead_queue_of,
    queue_of,
)
from shared.events.broker import BrokerUnavailable, Topology
from shared.testing.waiting import eventually

PATIENCE_SECONDS = 90.0


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
        for exchange in (EXCHANGE, DEAD_LETTER_EXCHANGE, LIVE_EXCHANGE):
            channel.exchange_delete(prefix + exchange)
        channel.exchange_declare("amq.topic", passive=True, callback=lambda _frame: ready())

    def is_done() -> bool:
        try:
            _Connection(broker._parameters, delete).close()
        except BrokerUnavailable:
            return False
        return True

    eventually(is_done, within_seconds=PATIENCE_SECONDS, every=0.5)


def remove_virtual_host(name: str) -> None:
    """Delete a virtual host with everything in it. The server closes connections into it, and under
    load it may break off its own answer although it goes on deleting.
    """

    def is_gone() -> bool:
        rabbitmqctl("delete_vhost", name, is_checked=False)
        return name not in rabbitmqctl("list_vhosts", "name").split()

    eventually(is_gone, within_seconds=PATIENCE_SECONDS, every=0.5)


def rabbitmqctl(*arguments: str, is_checked: bool = True) -> str:
    """Run an operator's command on the test server; give what it printed."""
    return subprocess.run(  # noqa: S603 - fixed arguments of a test server
        ["rabbitmqctl", "--quiet", *arguments],  # noqa: S607 - found on PATH
        check=is_checked,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    ).stdout


def close_connections(url: str) -> None:
    """Break every connection to the virtual host of this URL, as a restart of the server would."""
    command = ["rabbitmqctl", "--quiet", "close_all_connections", "--global"]
    virtual_host = urlsplit(url).path.lstrip("/") or "/"
    subprocess.run(  # noqa: S603 - the tests' own virtual host
        [*command, "--vhost", virtual_host, "the test says so"],
        check=True,
        capture_output=True,
        timeout=60,
    )
