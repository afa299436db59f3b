"""Alembic's entrance; `shared.migrations` opened the transaction."""

from alembic import context

from auth_service.models import (  # noqa: F401 - fills the metadata
    accounts,
    attempts,
    audit_entries,
    care_relations,
    codes,
    email_changes,
    invitations,
    login_sessions,
    second_factors,
)
from auth_service.models.messaging import idempotency_metadata, messaging_metadata
from auth_service.models.tables import Model
from shared.migrations import run_from_env

run_from_env(
    context.config.attributes["connection"],
    [Model.metadata, messaging_metadata, idempotency_metadata],
)
