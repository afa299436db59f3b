"""What Prometheus is told about events: the backlog, read from the database at each scrape, and
what the worker's handlers have done.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shared.clock import Clock, SystemClock
from shared.database import Database
from shared.errors import Unavailable
from shared.events.inbox import DEAD, RECEIVED, Handled
from shared.events.tables import inbox, outbox, quarantine


class MessagingCollector(Collector):
    """Gives outbox, inbox and quarantine gauges; nothing while the database is away. Counts open
    and dead rows only: those stay few.
    """

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name nothing beforehand, so that registering asks the database nothing."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Count."""
        try:
            yield from self._database.reading(self._gauges)
        except (Unavailable, DBAPIError):
            return

    def _gauges(self, session: Session) -> list[GaugeMetricFamily]:
        now = self._clock.now()
        pending = session.execute(
            select(func.count(), func.min(outbox.c.occurred_at)).where(
                outbox.c.published_at.is_(None)
            )
        ).one()
        returned = _count(
            session,
            select(func.count()).where(
                outbox.c.published_at.is_(None), outbox.c.retry_at.is_not(None)
            ),
        )
        waiting = session.execute(
            select(func.count(), func.min(inbox.c.received_at)).where(inbox.c.finished_at.is_(None))
        ).one()
        dead = _count(session, select(func.count()).where(inbox.c.state == DEAD))
        unread = _count(session, select(func.count()).select_from(quarantine))
        by_state = GaugeMetricFamily(
            "hearth_inbox_events", "Events in the inbox by state.", labels=["state"]
        )
        by_state.add_metric([RECEIVED], waiting[0])
        by_state.add_metric([DEAD], dead)
        return [
            _gauge("hearth_outbox_pending", "Events that have not left yet.", pending[0]),
            _gauge("hearth_outbox_returned", "Events the broker gave back.", returned),
            _gauge(
                "hearth_outbox_oldest_seconds", "Age of the oldest of them.", _age(pending[1], now)
            ),
            by_state,
            _gauge(
                "hearth_inbox_oldest_seconds",
                "Age of the oldest unfinished event.",
                _age(waiting[1], now),
            ),
            _gauge("hearth_quarantine", "Messages nobody could read.", unread),
        ]


class WorkerMetrics:
    """What a worker's inbox handler counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._handled = Counter(
            "hearth_events_handled",
            "Events handled, by type and the state they were left in.",
            ["type", "state"],
            registry=registry,
        )
        self._seconds = Histogram(
            "hearth_event_handling_seconds",
            "How long handling took.",
            ["type"],
            registry=registry,
        )

    def observe(self, handled: Handled) -> None:
        """Count one handling."""
        self._handled.labels(handled.event_type, handled.state).inc()
        self._seconds.labels(handled.event_type).observe(handled.duration_seconds)


def _count(session: Session, statement: object) -> int:
    return int(session.execute(statement).scalar_one())  # type: ignore[call-overload]


def _age(oldest: datetime | None, now: datetime) -> float:
    return 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
