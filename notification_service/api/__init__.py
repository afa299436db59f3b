"""Entrance 1, HTTP. Every blueprint stands here with the rule of who may call it."""

from flask import Flask

from notification_service.api import notification_settings, notifications
from shared.http.app import api_of
from shared.http.blueprint import Access


def register(app: Flask) -> None:
    """Register every blueprint beside its access rule."""
    api = api_of(app)
    api.register(notifications.blueprint, Access.TOKEN)
    api.register(notification_settings.blueprint, Access.TOKEN)
