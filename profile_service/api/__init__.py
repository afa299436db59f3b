"""Entrance 1, HTTP. Every blueprint stands here with the rule of who may call it."""

from flask import Flask

from profile_service.api import memberships, pictures, profiles
from shared.http.app import api_of
from shared.http.blueprint import Access


def register(app: Flask) -> None:
    """Register every blueprint beside its access rule."""
    api = api_of(app)
    api.register(profiles.blueprint, Access.TOKEN)
    api.register(profiles.internal_blueprint, Access.INTERNAL)
    api.register(pictures.blueprint, Access.TOKEN)
    api.register(pictures.public_blueprint, Access.ANYBODY)
    api.register(memberships.blueprint, Access.TOKEN)
