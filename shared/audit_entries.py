"""The append-only record of what staff do and read, and of security acts: one table in each
service's own database. The database refuses to change or delete an entry.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.database import UtcDateTime
from shared.logs import current_correlation_id

_IDENTIFIER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_REFUSAL = "audit entries are append-only"


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", _IDENTIFIER, primary_key=True),
        sa.Column("happened_at", UtcDateTime, nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("account_id", sa.BigInteger),
        sa.Column("actor_id", sa.BigInteger),
        sa.Column("correlation_id", sa.String(64)),
    ]


audit_entries = sa.Table(
    "audit_entries",
    sa.MetaData(),
    *_columns(),
    sa.Index("ix_audit_entries_account_id", "account_id"),
    sqlite_autoincrement=True,
)
"""Who (`actor_id`, null for a command on the server) did or read what (`act`) of whom
(`account_id`, null for many at once), when, in which request. Never contents, names or addresses.
"""


def add_audit_entry(
    session: Session, act: StrEnum, *, account_id: int | None, actor_id: int | None, now: datetime
) -> None:
    """Record an act with the present request's id; it stands or falls with the transaction."""
    entry = {
        "happened_at": now,
        "act": act.value,
        "account_id": account_id,
        "actor_id": actor_id,
        "correlation_id": current_correlation_id(),
    }
    session.execute(sa.insert(audit_entries).values(**entry))


def create_audit_entries_table(op: Any) -> None:
    """Create the table; a service's numbered revision calls this with Alembic's `op`."""
    op.create_table("audit_entries", *_columns(), sqlite_autoincrement=True)
    op.create_index("ix_audit_entries_account_id", "audit_entries", ["account_id"])
    make_audit_entries_append_only(op)


def drop_audit_entries_table(op: Any) -> None:
    """Drop the table and what guards it."""
    op.drop_table("audit_entries")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_of_audit_entries()")


def make_audit_entries_append_only(op: Any) -> None:
    """Let the database refuse to change or delete a row."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change_of_audit_entries() RETURNS trigger AS $$"
            f" BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$ LANGUAGE plpgsql"
        )
        op.execute(
            "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit_entries()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_entries_no_{change.lower()} BEFORE {change} ON audit_entries"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
