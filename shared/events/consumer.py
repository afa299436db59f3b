"""The consumer takes a service's events from the broker, stores them in the inbox, and only then
lets the broker forget them.

While the database is away it does not consume at all: refusing events in a loop would use up the
deliveries RabbitMQ allows.
"""

import threading

from shared.clock import Clock
from shared.database import Database
from shared.errors import Unavailable
from shared.events.broker import Broker, Subscription
from shared.events.catalogue import Catalogue
from shared.events.inbox import receive

BATCH_SIZE = 500
WAIT_SECONDS = 0.5


class Consumer:
    """The role of a worker that receives."""

    name = "consumer"

    def __init__(
        self,
        *,
        service: str,
        database: Database,
        broker: Broker,
        catalogue: Catalogue,
        clock: Clock,
        bell: threading.Event,
    ) -> None:
        self._service = service
        self._database = database
        self._broker = broker
        self._catalogue = catalogue
        self._clock = clock
        self._bell = bell
        self._subscription: Subscription | None = None

    def open(self) -> None:
        """Subscribe, when the database answers.

        Raises:
            Unavailable: the database does not.
            BrokerUnavailable: the broker does not.
        """
        if not self._database.answers():
            message = "The database is not available, so nothing is consumed."
            raise Unavailable(message)
        self._broker.declare(self._catalogue.topology())
        self._subscription = self._broker.subscription(self._service)

    def step(self, stop: threading.Event) -> None:
        """Store what arrives within half a second, wake the inbox handler, acknowledge.

        Raises:
            Unavailable: the database is away; what came is not acknowledged and comes again.
            BrokerUnavailable: the broker is away.
        """
        if self._subscription is None or stop.is_set():
            return
        deliveries = self._subscription.receive(limit=BATCH_SIZE, timeout_seconds=WAIT_SECONDS)
        if not deliveries:
            return
        receive(self._database, [delivery.body for delivery in deliveries], self._clock)
        self._bell.set()
        self._subscription.acknowledge(deliveries)

    def close(self) -> None:
        """Leave the queue to the next consumer."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
