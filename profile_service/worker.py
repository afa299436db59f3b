"""The only place where the background parts of profile_service meet: relay, consumer, inbox and
timed jobs.
"""

from profile_service.jobs.pruning import EVERY_SECONDS, prune
from profile_service.listeners import HANDLERS
from profile_service.settings import Settings
from shared.clock import SystemClock
from shared.database import Database
from shared.events.brokers import create_broker
from shared.events.nudge import install_nudge
from shared.events.worker import Job, Worker, heartbeat_file_of


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
                name="prune", every_seconds=EVERY_SECONDS, run=lambda _stop: prune(database, clock)
            ),
        ],
        heartbeat_file=heartbeat_file_of("profile_service", settings.data_directory),
    )
