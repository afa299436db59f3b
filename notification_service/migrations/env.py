"""Alembic's entrance; `shared.migrations` opened the transaction."""

from alembic import context

from notification_service.models import (  # noqa: F401 - fills the metadata
    audit_entries,
    mails,
    notification_settings,
    notifications,
    recipients,
)
from notification_service.models.messaging import idempotency_metadata, messaging_metadata
from notification_service.models.tables import Model
from shared.migrations import run_from_env

run_from_env(
    context.config.attributes["connection"],
    [Model.metadata, messaging_metadata, idempotency_metadata],
)
