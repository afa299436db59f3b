"""Picking the broker's adapter by `BROKER_URL`: `amqp://…`, `amqps://…` or `sqlite:///path`. Each
is imported only where it is used: the embedded bus runs without pika.
"""

from shared.events.broker import Broker, BrokerKind, kind_of


def create_broker(url: str, *, name_prefix: str = "") -> Broker:
    """Make the adapter. `name_prefix` keeps test runs on one RabbitMQ apart.

    Raises:
        ValueError: no adapter speaks this scheme.
    """
    if kind_of(url) is BrokerKind.AMQP:
        from shared.events.amqp import AmqpBroker

        return AmqpBroker(url, name_prefix=name_prefix)
    from shared.events.sqlite_bus import SqliteBus

    return SqliteBus.at(url)
