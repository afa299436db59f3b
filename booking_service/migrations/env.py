"""Alembic's entrance; `shared.migrations` opened the transaction."""

from alembic import context

from booking_service.models import (  # noqa: F401 - they fill the metadata
    appointments,
    audit_entries,
    care_relations,
    claims,
    data_keys,
    holds,
    matching_preferences,
    payment_methods,
    people,
    practitioners,
    reschedule_tokens,
    schedules,
)
from booking_service.models.messaging import idempotency_metadata, messaging_metadata
from booking_service.models.tables import Model
from shared.migrations import run_from_env

run_from_env(
    context.config.attributes["connection"],
    [Model.metadata, messaging_metadata, idempotency_metadata],
)
