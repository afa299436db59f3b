"""The migrations make exactly the tables the models speak of."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from chat_service.models import (  # noqa: F401 - fills the metadata
    answers,
    care_relations,
    messages,
    people,
    practitioners,
)
from chat_service.models.tables import Model
from shared.database import Database

CHASSIS_TABLES = {"outbox", "inbox", "quarantine", "idempotency_keys", "alembic_version"}


def _differences(database: Database, metadata: MetaData) -> list[Any]:
    def is_ours(thing: Any, name: str | None, kind: str, *_: object) -> bool:
        return not (kind == "table" and name in CHASSIS_TABLES)

    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": is_ours, "compare_type": False}
        )
        return compare_metadata(context, metadata)


def test_migrations_and_models_agree(database: Database):
    assert _differences(database, Model.metadata) == []


def test_a_column_nobody_migrated_would_be_seen(database: Database):
    other = MetaData()
    for table in Model.metadata.tables.values():
        copied = table.to_metadata(other)
        if table.name == "people":
            copied._columns.remove(copied.c.country)
    assert [change[0] for change in _differences(database, other)] == ["remove_column"]
