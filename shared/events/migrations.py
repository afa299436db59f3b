"""Migration steps of the messaging tables. Each service calls them from its own numbered revision;
later steps only add.

A step describes the tables as they were at that step, so it never changes once it was released.
"""

from alembic.operations import Operations
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)

_OPEN_OUTBOX = text("published_at IS NULL")
_RETURNED_OUTBOX = text("published_at IS NULL AND retry_at IS NOT NULL")
_OPEN_INBOX = text("finished_at IS NULL")


def create_messaging_tables(op: Operations) -> None:
    """Create outbox, inbox and quarantine as of step 1. Pass Alembic's `op`."""
    _create_outbox(op)
    _create_inbox(op)
    _create_quarantine(op)


def drop_messaging_tables(op: Operations) -> None:
    """Undo `create_messaging_tables`; events that have not left yet are lost."""
    for table in ("quarantine", "inbox", "outbox"):
        op.drop_table(table)


def create_worker_signs_table(op: Operations) -> None:
    """Create the table of step 2: what workers tell of themselves."""
    op.create_table(
        "worker_signs",
        Column("instance", String(32), primary_key=True),
        Column("seen_at", _instant(), nullable=False),
        Column("has_broker", Boolean, nullable=False),
    )


def drop_worker_signs_table(op: Operations) -> None:
    """Undo `create_worker_signs_table`."""
    op.drop_table("worker_signs")


def _serial() -> BigInteger:
    return BigInteger().with_variant(Integer, "sqlite")


def _instant() -> DateTime:
    return DateTime(timezone=True)


def _create_outbox(op: Operations) -> None:
    op.create_table(
        "outbox",
        Column("sequence", _serial(), primary_key=True, autoincrement=True),
        Column("event_id", String(64), nullable=False),
        Column("type", String(120), nullable=False),
        Column("source", String(120), nullable=False),
        Column("subject", String(200), nullable=False),
        Column("occurred_at", _instant(), nullable=False),
        Column("correlation_id", String(64)),
        Column("data", Text, nullable=False),
        Column("published_at", _instant()),
        Column("attempts", Integer, nullable=False, server_default=text("0")),
        Column("retry_at", _instant()),
        Column("problem", Text),
        UniqueConstraint("event_id", name="uq_outbox_event_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outbox_open",
        "outbox",
        ["sequence"],
        sqlite_where=_OPEN_OUTBOX,
        postgresql_where=_OPEN_OUTBOX,
    )
    op.create_index(
        "ix_outbox_open_returned",
        "outbox",
        ["subject", "sequence"],
        sqlite_where=_RETURNED_OUTBOX,
        postgresql_where=_RETURNED_OUTBOX,
    )
    op.create_index("ix_outbox_type", "outbox", ["type", "occurred_at"])
    op.create_index("ix_outbox_published_at", "outbox", ["published_at"])


def _create_inbox(op: Operations) -> None:
    op.create_table(
        "inbox",
        Column("position", _serial(), primary_key=True, autoincrement=True),
        Column("source", String(120), nullable=False),
        Column("event_id", String(64), nullable=False),
        Column("type", String(120), nullable=False),
        Column("subject", String(200), nullable=False),
        Column("envelope", Text, nullable=False),
        Column("state", String(10), nullable=False),
        Column("attempts", Integer, nullable=False, server_default=text("0")),
        Column("retry_at", _instant()),
        Column("problem", Text),
        Column("received_at", _instant(), nullable=False),
        Column("finished_at", _instant()),
        UniqueConstraint("source", "event_id", name="uq_inbox_source_event_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["position"],
        sqlite_where=_OPEN_INBOX,
        postgresql_where=_OPEN_INBOX,
    )
    op.create_index(
        "ix_inbox_open_subject",
        "inbox",
        ["source", "subject", "position"],
        sqlite_where=_OPEN_INBOX,
        postgresql_where=_OPEN_INBOX,
    )
    op.create_index("ix_inbox_finished", "inbox", ["state", "finished_at"])


def _create_quarantine(op: Operations) -> None:
    op.create_table(
        "quarantine",
        Column("id", _serial(), primary_key=True, autoincrement=True),
        Column("received_at", _instant(), nullable=False),
        Column("reason", Text, nullable=False),
        Column("digest", String(64), nullable=False),
        Column("body", LargeBinary, nullable=False),
        UniqueConstraint("digest", name="uq_quarantine_digest"),
        sqlite_autoincrement=True,
    )
