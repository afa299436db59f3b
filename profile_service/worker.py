"""The only place where the background parts of profile_service meet: relay, consumer, inbox and
timed jobs.
"""

from profile_service.jobs.retention import EVERY, prune
from profile_service.listeners import HANDLERS
from profile_service.settings import Settings
from shared.clock import SystemClock
from shared.database import Database
from shared.events.broker import create_broker
from shared.events.nudge import install_nudge
from shared.events.worker import Job, Worker


def create_worker(settings: Settings) -> Worker:
    """Make the worker; it runs until SIGTERM or SIGINT."""
    database = Database(settings.database_url)
    clock = SystemClock()
    return Worker(
        service="profile_service",
        database=database,
        broker=create_broker(settings.broker_url),
        nudge=install_nudge(database, enabled=settings.has_relay_nudge),
        handlers=HANDLERS,
        jobs=[
            Job(
                name="retention",
                every_seconds=EVERY.total_seconds(),
                run=lambda: prune(database, clock),
            )
        ],
        heartbeat_file=settings.data_directory / "tmp" / "profile_service.worker",
    )
