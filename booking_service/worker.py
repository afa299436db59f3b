"""The only place where the background parts of booking_service meet: relay, consumer, inbox and
timed jobs.
"""

from booking_service.jobs import jobs
from booking_service.listeners import HANDLERS
from booking_service.settings import Settings
from shared.clock import SystemClock
from shared.database import Database
from shared.events.broker import create_broker
from shared.events.nudge import install_nudge
from shared.events.worker import Worker


def create_worker(settings: Settings) -> Worker:
    """Make the worker; it runs until SIGTERM or SIGINT."""
    database = Database(settings.database_url)
    return Worker(
        service="booking_service",
        database=database,
        broker=create_broker(settings.broker_url),
        nudge=install_nudge(database, enabled=settings.has_relay_nudge),
        handlers=HANDLERS,
        jobs=jobs(database, SystemClock()),
        heartbeat_file=settings.data_directory / "tmp" / "booking_service.worker",
    )
