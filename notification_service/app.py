"""The only place where the web parts of notification_service meet."""

from flask import Flask

from notification_service import api
from notification_service.parts import NAME, Parts
from notification_service.settings import Settings
from shared.clock import Clock
from shared.database import ANSWERING_SECONDS, Database
from shared.events.nudge import install_nudge
from shared.http.app import new_app


def create_app(settings: Settings, *, clock: Clock | None = None) -> Flask:
    """Make the web application; `clock` is replaced by tests only."""
    database = Database(settings.database_url, wait_seconds=ANSWERING_SECONDS)
    install_nudge(database, enabled=settings.has_relay_nudge)
    app = new_app(
        "notification_service",
        settings,
        title="Hearth notification_service",
        description="Notifications, what people want to be told, mails.",
        database=database,
        clock=clock,
        parts={NAME: Parts(default_zone=settings.service_time_zone)},
    )
    api.register(app)
    return app
