"""The pages, one module per noun; all of them stand below `/app/`."""

from flask import Flask

from portal.pages import (
    appointments,
    care_relations,
    conversations,
    email_changes,
    first_pages,
    guided_sessions,
    help_lines,
    invitations,
    languages,
    live,
    login_sessions,
    notifications,
    password_resets,
    payment_methods,
    practitioners,
    registrations,
    schedules,
    second_factors,
    settings,
    verifications,
)
from portal.rendering import surroundings


def register(app: Flask) -> None:
    """Register every noun's pages."""
    app.context_processor(surroundings)
    for noun in (
        first_pages,
        help_lines,
        registrations,
        practitioners,
        appointments,
        schedules,
        care_relations,
        payment_methods,
        conversations,
        guided_sessions,
        notifications,
        settings,
        live,
        verifications,
        password_resets,
        invitations,
        email_changes,
        login_sessions,
        second_factors,
        languages,
    ):
        app.register_blueprint(noun.blueprint, url_prefix="/app")
