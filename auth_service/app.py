"""The only place where the web parts of auth_service meet."""

import json

from flask import Flask

from auth_service import api
from auth_service.api.tokens import register_tokens
from auth_service.clients.bookings import booking_at
from auth_service.domain.care_relations import Booking
from auth_service.domain.password_hashing import PasswordHashing
from auth_service.domain.signing_keys import published_keys, signing_key_from
from auth_service.parts import NAME, Parts, lifetimes_of, security_of
from auth_service.settings import Settings
from shared.access_tokens import PublicKeys
from shared.clock import Clock, SystemClock
from shared.database import ANSWERING_SECONDS, Database
from shared.events.nudge import install_nudge
from shared.http.app import new_app
from shared.http.ended_sessions import EndedSessions, ended_sessions_at


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    hashing: PasswordHashing | None = None,
    ended_sessions: EndedSessions | None = None,
    booking: Booking | None = None,
) -> Flask:
    """Make the web application; everything but the settings is replaced by tests only."""
    clock = clock or SystemClock()
    database = Database(settings.database_url, wait_seconds=ANSWERING_SECONDS)
    install_nudge(database, enabled=settings.has_relay_nudge)
    parts = Parts(
        settings=settings,
        security=security_of(settings),
        hashing=hashing
        or PasswordHashing(processes=settings.web_workers, limit_scale=settings.rate_limit_scale),
        lifetimes=lifetimes_of(settings),
        ended_sessions=ended_sessions
        or ended_sessions_at(settings.redis_url, settings.data_directory, clock),
        booking=booking or booking_at(settings),
    )
    keys = published_keys(settings.signing_key, settings.signing_key_previous)
    app = new_app(
        "auth_service",
        settings,
        title="Hearth auth_service",
        description="Accounts, login sessions, tokens.",
        database=database,
        clock=clock,
        public_keys=PublicKeys(json.dumps(keys)),
        parts={NAME: parts},
    )
    register_tokens(app, signing_key_from(settings.signing_key))
    api.register(app)
    return app
