"""The table behind Idempotency-Key, apart from the HTTP side (`shared/http/idempotency.py`) so that
models and migrations, which know no Flask, can name it.
"""

from typing import Any

import sqlalchemy as sa

from shared.database import UtcDateTime

MAX_KEY_CHARACTERS = 128

metadata = sa.MetaData()
idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("route", sa.String(200), primary_key=True),
    sa.Column("key", sa.String(MAX_KEY_CHARACTERS), primary_key=True),
    sa.Column("body_hash", sa.String(64), nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("answer", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
)


def create_idempotency_table(op: Any) -> None:
    """Create the table; a service's numbered revision calls this with Alembic's `op`."""
    op.create_table("idempotency_keys", *_columns())
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _columns() -> list[Any]:
    return [
        sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("route", sa.String(200), primary_key=True),
        sa.Column("key", sa.String(MAX_KEY_CHARACTERS), primary_key=True),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    ]
