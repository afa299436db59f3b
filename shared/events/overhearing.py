"""Hearing live events as they pass, beside their consumers: for whoever only tells people that
something happened. Needs no SQLAlchemy, which the embedded bus itself is written with.
"""

from pathlib import Path

from shared.events.broker import BrokerKind, Overhearing, kind_of


def overhear(url: str, types: frozenset[str], *, name_prefix: str = "") -> Overhearing:
    """Listen to live events of these types from now on, beside everybody else who does. The
    embedded bus tells every live type.

    Raises:
        BrokerUnavailable: the broker cannot be reached.
        ValueError: no adapter speaks the URL's scheme.
    """
    if kind_of(url) is BrokerKind.AMQP:
        from shared.events.amqp import AmqpBroker

        return AmqpBroker(url, name_prefix=name_prefix).overhear(types)
    from shared.events.passing import PassingListener

    return PassingListener(Path(url.removeprefix("sqlite:///").partition("?")[0]))
