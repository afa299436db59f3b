"""Migrations and models tell of the same tables, constraints and indexes."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from booking_service.models.messaging import idempotency_metadata, messaging_metadata
from booking_service.models.tables import Model
from shared.database import Database


def test_the_migrations_make_exactly_the_models_tables(database: Database, app: object):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": database.engine.dialect.name == "postgresql"}
        )
        differences = compare_metadata(
            context,
            [Model.metadata, messaging_metadata, idempotency_metadata],  # type: ignore[arg-type]
        )

    assert differences == []
