"""Picking the broker's adapter by `BROKER_URL`: `amqp://…`, `amqps://…` or `sqlite:///path`. Each
is imported only where it is used: the embedded bus runs without pika.
"""

from shared.events.broker import Broker


def create_broker(url: str, *, name_prefix: str = "") -> Broker:
    """Make the adapter. `name_prefix` keeps test runs on one RabbitMQ apart.

    Raises:
        ValueError: no adapter speaks this scheme.
    """
    if url.startswith(("amqp://", "amqps://")):
        from shared.events.amqp import AmqpBroker

        return AmqpBroker(url, name_prefix=name_prefix)
    if url.startswith("sqlite:///"):
        from shared.events.sqlite_bus import SqliteBus

        return SqliteBus.at(url)
    message = "the broker URL must begin with amqp://, amqps:// or sqlite:///"
    raise ValueError(message)
