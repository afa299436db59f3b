"""What every service must hold against its own contracts: its migrations make exactly the tables
its models speak of.
"""

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from shared.database import Database


def metadata_of(package: str) -> list[MetaData]:
    """Give the tables that a service's models speak of, the chassis' tables among them."""
    models = importlib.import_module(f"{package}.models")
    for module in pkgutil.iter_modules(models.__path__, f"{package}.models."):
        importlib.import_module(module.name)
    tables = importlib.import_module(f"{package}.models.tables")
    messaging = importlib.import_module(f"{package}.models.messaging")
    return [
        tables.Model.metadata,
        messaging.messaging_metadata,
        messaging.idempotency_metadata,
    ]


def schema_drift(database: Database, metadata: Sequence[MetaData]) -> list[Any]:
    """Tell what a migrated database lacks of the models' tables, constraints and indexes, or has
    beside them; types are compared on PostgreSQL, for SQLite keeps none.
    """
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": not database.is_sqlite}
        )
        return list(compare_metadata(context, list(metadata)))  # type: ignore[arg-type] # it takes several
