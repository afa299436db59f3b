"""Entrance 1, HTTP. Every blueprint stands here with the rule of who may call it."""

from flask import Flask

from booking_service.api import (
    appointments,
    care_relations,
    code_lists,
    holds,
    matches,
    matching_preferences,
    payment_methods,
    practitioners,
    schedules,
    selections,
    slots,
)
from shared.http.app import api_of
from shared.http.blueprint import Access


def register(app: Flask) -> None:
    """Register every blueprint beside its access rule."""
    api = api_of(app)
    api.register(practitioners.public_blueprint, Access.ANYBODY)
    api.register(practitioners.blueprint, Access.TOKEN)
    api.register(practitioners.internal_blueprint, Access.INTERNAL)
    api.register(schedules.blueprint, Access.TOKEN)
    api.register(slots.blueprint, Access.ANYBODY)
    api.register(matching_preferences.blueprint, Access.TOKEN)
    api.register(matches.blueprint, Access.TOKEN)
    api.register(holds.blueprint, Access.TOKEN)
    api.register(selections.blueprint, Access.TOKEN)
    api.register(appointments.blueprint, Access.TOKEN)
    api.register(appointments.internal_blueprint, Access.INTERNAL)
    api.register(care_relations.blueprint, Access.TOKEN)
    api.register(care_relations.internal_blueprint, Access.INTERNAL)
    api.register(code_lists.blueprint, Access.ANONYMOUS)
    api.register(payment_methods.blueprint, Access.TOKEN)
    api.register(payment_methods.internal_blueprint, Access.INTERNAL)
