"""Entrance 1, HTTP. Every blueprint stands here with the rule of who may call it."""

from flask import Flask

from chat_service.api import conversations, guided_sessions, help_lines, messages, stages
from shared.http.app import api_of
from shared.http.blueprint import Access


def register(app: Flask) -> None:
    """Register every blueprint beside its access rule."""
    api = api_of(app)
    api.register(stages.blueprint, Access.TOKEN)
    api.register(guided_sessions.blueprint, Access.TOKEN)
    api.register(conversations.blueprint, Access.TOKEN)
    api.register(messages.blueprint, Access.TOKEN)
    api.register(help_lines.blueprint, Access.ANONYMOUS)
