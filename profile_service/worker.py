"""The only place where the background parts of profile_service meet: relay, consumer, inbox and
timed jobs.
"""

from profile_service.jobs.pruning import EVERY_SECONDS, prune
from profile_service.listeners import HANDLERS
from profile_service.settings import Settings
from shared.clock import SystemClock
from shared.database import Database
from shared.events.worker import Job, Worker, service_worker


def create_worker(settings: Settings) -> Worker:
    """Make the worker; it runs until SIGTERM or SIGINT."""
    database = Database(settings.database_url)
    clock = SystemClock()
    return service_worker(
        "profile_service",
        settings,
        database,
        clock,
        handlers=HANDLERS,
        jobs=[
            Job(
                name="prune", every_seconds=EVERY_SECONDS, run=lambda _stop: prune(database, clock)
            ),
        ],
    )
