"""Migrations and models tell of the same tables, constraints and indexes."""

from shared.database import Database
from shared.testing.contract_checks import metadata_of, schema_drift


def test_the_migrations_make_exactly_the_models_tables(database: Database):
    assert schema_drift(database, metadata_of("chat_service")) == []
