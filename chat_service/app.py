"""The only place where the web parts of chat_service meet."""

from flask import Flask

from chat_service import api
from chat_service.clients.care_relations import READ_SECONDS as BOOKING_SECONDS
from chat_service.clients.care_relations import BookingCareRelations
from chat_service.clients.profiles import READ_SECONDS as PROFILE_SECONDS
from chat_service.clients.profiles import ProfileServiceProfiles
from chat_service.domain.care_relations import CareRelations
from chat_service.domain.help_lines import load_help_lines
from chat_service.domain.people import Profiles
from chat_service.domain.stages import load_programmes
from chat_service.models.data_keys import master_keys
from chat_service.parts import NAME, Parts
from chat_service.settings import Settings
from shared.clock import Clock, SystemClock
from shared.data_keys import knows_every_master_key
from shared.database import ANSWERING_SECONDS, Database
from shared.events.nudge import install_nudge
from shared.http.app import new_app
from shared.http.client import ServiceClient
from shared.http.health import add_check


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    profiles: Profiles | None = None,
    care_relations: CareRelations | None = None,
) -> Flask:
    """Make the web application; the clock and the two services asked are replaced by tests only."""
    clock = clock or SystemClock()
    database = Database(settings.database_url, wait_seconds=ANSWERING_SECONDS)
    install_nudge(database, enabled=settings.has_relay_nudge)
    masters = master_keys(settings.text_master_key, settings.text_master_key_previous)
    made = Parts(
        programmes=load_programmes(),
        help_lines=load_help_lines(),
        masters=masters,
        profiles=profiles or ProfileServiceProfiles(_profile_client(settings), clock),
        care_relations=care_relations or BookingCareRelations(_booking_client(settings)),
    )
    app = new_app(
        "chat_service",
        settings,
        title="Hearth chat_service",
        description="The guided programme, conversations and messages.",
        database=database,
        clock=clock,
        parts={NAME: made},
    )
    api.register(app)
    add_check(
        app,
        "text_keys",
        lambda: database.reading(lambda session: knows_every_master_key(session, masters)),
        is_needed=True,
    )
    return app


def _profile_client(settings: Settings) -> ServiceClient:
    return ServiceClient(
        "profile", settings.profile_url, settings.internal_key, read_seconds=PROFILE_SECONDS
    )


def _booking_client(settings: Settings) -> ServiceClient:
    return ServiceClient(
        "booking", settings.booking_url, settings.internal_key, read_seconds=BOOKING_SECONDS
    )
