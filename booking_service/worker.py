"""The only place where the background parts of booking_service meet: relay, consumer, inbox and
timed jobs.
"""

from booking_service.jobs.pruning import EVERY_SECONDS, prune
from booking_service.jobs.sealing import EVERY_SECONDS as SEALING_SECONDS
from booking_service.jobs.sealing import seal_all
from booking_service.listeners import HANDLERS
from booking_service.models.data_keys import carrying, master_keys
from booking_service.settings import Settings
from shared.clock import SystemClock
from shared.database import Database
from shared.events.worker import Job, Worker, service_worker


def create_worker(settings: Settings) -> Worker:
    """Make the worker; it runs until SIGTERM or SIGINT."""
    masters = master_keys(settings.text_master_key, settings.text_master_key_previous)
    database = Database(settings.database_url, session_info=carrying(masters))
    clock = SystemClock()
    return service_worker(
        "booking_service",
        settings,
        database,
        clock,
        handlers=HANDLERS,
        jobs=[
            Job(
                name="prune", every_seconds=EVERY_SECONDS, run=lambda _stop: prune(database, clock)
            ),
            Job(
                name="seal",
                every_seconds=SEALING_SECONDS,
                run=lambda stop: seal_all(database, clock, stop),
            ),
        ],
    )
