"""Alembic's entrance; `shared.migrations` opened the transaction."""

from alembic import context

from profile_service.models import (  # noqa: F401 - fills the metadata
    accounts,
    audit_entries,
    care_relations,
    memberships,
    pictures,
    profiles,
    progress,
)
from profile_service.models.messaging import idempotency_metadata, messaging_metadata
from profile_service.models.tables import Model
from shared.migrations import run_from_env

run_from_env(
    context.config.attributes["connection"],
    [Model.metadata, messaging_metadata, idempotency_metadata],
)
