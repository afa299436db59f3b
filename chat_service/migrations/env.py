"""Alembic's entrance; `shared.migrations` opened the transaction."""

from alembic import context

from chat_service.models import (  # noqa: F401 - fills the metadata
    answers,
    audit_entries,
    care_relations,
    conversations,
    data_keys,
    guided_sessions,
    messages,
    people,
    practitioners,
    transcript_lines,
)
from chat_service.models.messaging import idempotency_metadata, messaging_metadata
from chat_service.models.tables import Model
from shared.migrations import run_from_env

run_from_env(
    context.config.attributes["connection"],
    [Model.metadata, messaging_metadata, idempotency_metadata],
)
