"""The pages, one module per noun; all of them stand below `/app/`."""

from flask import Flask

from portal.pages import (
    email_changes,
    invitations,
    languages,
    login_sessions,
    password_resets,
    second_factors,
    verifications,
)
from portal.rendering import surroundings


def register(app: Flask) -> None:
    """Register every noun's pages."""
    app.context_processor(surroundings)
    for noun in (
        verifications,
        password_resets,
        invitations,
        email_changes,
        login_sessions,
        second_factors,
        languages,
    ):
        app.register_blueprint(noun.blueprint, url_prefix="/app")
