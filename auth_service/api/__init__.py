"""Entrance 1, HTTP. Every blueprint stands here with the rule of who may call it."""

from flask import Flask

from auth_service.api import (
    accounts,
    email_changes,
    email_corrections,
    invitations,
    login_sessions,
    password_resets,
    passwords,
    registrations,
    second_factors,
    signing_keys,
    verifications,
)
from shared.http.app import api_of
from shared.http.blueprint import Access


def register(app: Flask) -> None:
    """Register every blueprint beside its access rule."""
    api = api_of(app)
    api.register(registrations.blueprint, Access.ANONYMOUS)
    api.register(registrations.internal_blueprint, Access.INTERNAL)
    api.register(accounts.blueprint, Access.TOKEN)
    api.register(accounts.internal_blueprint, Access.INTERNAL)
    api.register(invitations.blueprint, Access.TOKEN)
    api.register(invitations.acceptance_blueprint, Access.ANONYMOUS)
    api.register(passwords.blueprint, Access.TOKEN, is_open_before_duties=True)
    api.register(passwords.internal_blueprint, Access.INTERNAL, is_open_before_duties=True)
    api.register(second_factors.blueprint, Access.TOKEN, is_open_before_duties=True)
    api.register(email_changes.blueprint, Access.TOKEN)
    api.register(email_changes.internal_blueprint, Access.INTERNAL)
    api.register(email_corrections.blueprint, Access.TOKEN)
    api.register(email_changes.undo_blueprint, Access.ANONYMOUS)
    api.register(verifications.blueprint, Access.ANONYMOUS)
    api.register(verifications.internal_blueprint, Access.INTERNAL)
    api.register(password_resets.blueprint, Access.ANONYMOUS)
    api.register(login_sessions.opening_blueprint, Access.ANONYMOUS)
    api.register(login_sessions.blueprint, Access.TOKEN, is_open_before_duties=True)
    api.register(login_sessions.internal_blueprint, Access.INTERNAL)
    api.register(signing_keys.blueprint, Access.ANONYMOUS)
    api.register(signing_keys.internal_blueprint, Access.INTERNAL)
