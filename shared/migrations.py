"""Running a service's Alembic migrations, and telling whether a database has them.

On PostgreSQL the tables may belong to another role than the service's own: then the service's role
may read and write rows, the record of staff acts only read and added to, and can change neither
tables nor what guards them.
"""

import importlib
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from shared.database import Database

LOCK_SECONDS = 10
_LOCK = 7_203_114  # any number; the same for every process that migrates this database


def configuration(package: str) -> Config:
    """Give Alembic's configuration of a service's package, e.g. `booking_service`."""
    module = importlib.import_module(package)
    config = Config()
    folder = Path(str(module.__file__)).parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def migrate(package: str, database: Database, *, service_role: str | None = None) -> None:
    """Bring the database to the newest revision, and give `service_role` what a service may do
    where it does not own the tables. Several processes may call this at once: one works, the others
    wait.

    On PostgreSQL lock waits are bounded, so that a migration never queues in front of the running
    release for long.
    """
    config = configuration(package)
    engine = database.writing_engine(time.monotonic() + LOCK_SECONDS)
    with engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
            connection.execute(text("SET LOCAL statement_timeout = '300s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if service_role is not None:
            _grant(connection, service_role)


def service_role_beside(owner_url: str, service_url: str) -> str | None:
    """Give the role of a service's URL when another role migrates; None when it does so itself."""
    owner, service = make_url(owner_url).username, make_url(service_url).username
    return None if service is None or service == owner else service


def _grant(connection: Connection, role: str) -> None:
    """Say anew what the service's role may do, whatever was granted before."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    for right in (
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC,",
    ):
        connection.execute(text(f"{right} {quoted}"))
    for right in (
        "USAGE ON SCHEMA public",
        "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public",
        "USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public",
    ):
        connection.execute(text(f"GRANT {right} TO {quoted}"))
    for right in (
        "UPDATE, DELETE ON audit_entries",
        "INSERT, UPDATE, DELETE ON audit_chain",
        "INSERT, UPDATE, DELETE ON alembic_version",
    ):
        connection.execute(text(f"REVOKE {right} FROM {quoted}"))


def is_current(package: str, database: Database) -> bool:
    """Tell whether the database stands at this release's newest revision or beyond (a newer
    release migrated already).
    """
    script = ScriptDirectory.from_config(configuration(package))
    head = script.get_current_head()
    with database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found is None or head is None:
        return False
    return found >= head  # sequential numbers: "0003" follows "0002"


def run_from_env(connection: Connection, target_metadata: object) -> None:
    """Do what every service's `migrations/env.py` does: run inside the transaction `migrate`
    opened.
    """
    from alembic import context

    context.configure(
        connection=connection,
        target_metadata=target_metadata,  # type: ignore[arg-type] # a MetaData or a list of them
        render_as_batch=True,
        transactional_ddl=False,
    )
    context.run_migrations()
