"""The only place where the background parts of auth_service meet: relay, consumer, inbox and
timed jobs.
"""

from auth_service.jobs.ended_login_sessions import announce_ended_login_sessions
from auth_service.jobs.pruning import EVERY_SECONDS, prune
from auth_service.listeners import HANDLERS
from auth_service.settings import Settings
from shared.clock import SystemClock
from shared.database import Database
from shared.events.worker import Job, Worker, service_worker
from shared.http.ended_sessions import ended_sessions_at


def create_worker(settings: Settings) -> Worker:
    """Make the worker; it runs until SIGTERM or SIGINT."""
    database = Database(settings.database_url)
    clock = SystemClock()
    store = ended_sessions_at(settings.redis_url, settings.data_directory, clock)
    return service_worker(
        "auth_service",
        settings,
        database,
        clock,
        handlers=HANDLERS,
        jobs=[
            Job(
                name="announce_ended_login_sessions",
                every_seconds=1,
                run=lambda _stop: announce_ended_login_sessions(database, store, clock),
            ),
            Job(
                name="prune", every_seconds=EVERY_SECONDS, run=lambda _stop: prune(database, clock)
            ),
        ],
    )
