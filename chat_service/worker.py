"""The only place where the background parts of chat_service meet: relay, consumer, inbox and
timed jobs.
"""

import structlog

from chat_service.domain.help_lines import load_help_lines
from chat_service.jobs.pruning import EVERY_SECONDS, prune
from chat_service.jobs.resealing import EVERY_SECONDS as RESEALING_SECONDS
from chat_service.jobs.resealing import Resealing
from chat_service.listeners import HANDLERS
from chat_service.models.data_keys import master_keys
from chat_service.settings import Settings
from shared.clock import SystemClock
from shared.countries import countries
from shared.database import Database
from shared.events.worker import Job, Worker, service_worker


def create_worker(settings: Settings) -> Worker:
    """Make the worker; it runs until SIGTERM or SIGINT. The log says once for which countries there
    is no help line but the general ones.
    """
    _name_countries_without_help_lines()
    database = Database(settings.database_url)
    clock = SystemClock()
    masters = master_keys(settings.text_master_key, settings.text_master_key_previous)
    return service_worker(
        "chat_service",
        settings,
        database,
        clock,
        handlers=HANDLERS,
        jobs=[
            Job(
                name="prune", every_seconds=EVERY_SECONDS, run=lambda _stop: prune(database, clock)
            ),
            Job(
                name="reseal",
                every_seconds=RESEALING_SECONDS,
                run=Resealing(database, masters).run,
            ),
        ],
    )


def _name_countries_without_help_lines() -> None:
    missing = sorted(countries() - load_help_lines().countries)
    structlog.get_logger().info("countries_without_help_lines", countries=" ".join(missing))
