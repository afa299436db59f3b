"""The only place where the web parts of booking_service meet."""

from flask import Flask

from booking_service import api
from booking_service.clients.accounts import AuthAccounts
from booking_service.clients.payment_provider import BuiltInPaymentProvider, NoPaymentProvider
from booking_service.domain.accounts import AccountDirectory
from booking_service.domain.known_calendars import KnownCalendars
from booking_service.domain.payment_methods import PaymentProvider
from booking_service.models.data_keys import carrying, master_keys
from booking_service.parts import NAME, Parts
from booking_service.settings import Settings
from shared.clock import Clock
from shared.data_keys import knows_every_master_key
from shared.database import ANSWERING_SECONDS, Database
from shared.events.nudge import install_nudge
from shared.http.app import new_app
from shared.http.client import ServiceClient
from shared.http.health import add_check

AUTH_SECONDS = 0.5  # a booking waits for it, and a message that waits for booking


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    accounts: AccountDirectory | None = None,
    payment_provider: PaymentProvider | None = None,
) -> Flask:
    """Make the web application; clock and outside parties are replaced by tests only."""
    masters = master_keys(settings.text_master_key, settings.text_master_key_previous)
    database = Database(
        settings.database_url, wait_seconds=ANSWERING_SECONDS, session_info=carrying(masters)
    )
    install_nudge(database, enabled=settings.has_relay_nudge)
    app = new_app(
        "booking_service",
        settings,
        title="Hearth booking_service",
        description="Therapists, free hours, appointments, care relations, cards on file.",
        database=database,
        clock=clock,
        parts={
            NAME: Parts(
                accounts=accounts or AuthAccounts(_auth_client(settings)),
                calendars=KnownCalendars(),
                payment_provider=payment_provider
                or (BuiltInPaymentProvider() if settings.takes_cards else NoPaymentProvider()),
            )
        },
    )
    api.register(app)
    add_check(
        app,
        "text_keys",
        lambda: database.reading(lambda session: knows_every_master_key(session, masters)),
        is_needed=True,
    )
    return app


def _auth_client(settings: Settings) -> ServiceClient:
    return ServiceClient(
        "auth", settings.auth_url, settings.internal_key, read_seconds=AUTH_SECONDS
    )
