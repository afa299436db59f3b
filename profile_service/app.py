"""The only place where the web parts of profile_service meet."""

from flask import Flask

from profile_service import api
from profile_service.clients.accounts import AuthAccounts
from profile_service.clients.bookings import BookingFacts
from profile_service.domain.accounts import Accounts
from profile_service.domain.care_relations import Booking
from profile_service.domain.picture_files import PictureStudio
from profile_service.parts import NAME, Parts
from profile_service.settings import Settings
from shared.clock import Clock
from shared.database import ANSWERING_SECONDS, Database
from shared.events.nudge import install_nudge
from shared.http.app import new_app
from shared.http.client import ServiceClient


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    accounts: Accounts | None = None,
    booking: Booking | None = None,
) -> Flask:
    """Make the web application; the clock and the services asked are replaced by tests only."""
    database = Database(settings.database_url, wait_seconds=ANSWERING_SECONDS)
    install_nudge(database, enabled=settings.has_relay_nudge)
    key = settings.internal_key
    made = Parts(
        accounts=accounts or AuthAccounts(ServiceClient("auth", settings.auth_url, key)),
        booking=booking or BookingFacts(ServiceClient("booking", settings.booking_url, key)),
        studio=PictureStudio(),
    )
    app = new_app(
        "profile_service",
        settings,
        title="Hearth profile_service",
        description="Personal profiles, pictures, memberships.",
        database=database,
        clock=clock,
        parts={NAME: made},
    )
    api.register(app)
    return app
