"""The tables that carry events, the same in every service's database: what waits to leave, what
came in, what could not be read.

They change only additively, through the steps in `shared/events/migrations.py`. An open row has no
`published_at` / `finished_at`; the partial indexes cover exactly the open rows, so looking for work
stays cheap however long the history is.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from shared.database import UtcDateTime
from shared.events.envelope import (
    MAX_CORRELATION_ID_CHARACTERS,
    MAX_ID_CHARACTERS,
    MAX_SOURCE_CHARACTERS,
    MAX_SUBJECT_CHARACTERS,
    MAX_TYPE_CHARACTERS,
)

messaging_metadata = MetaData()

_BigSerial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers only an INTEGER key

WIPED = ""
"""Stands where data or an envelope with names and addresses stood before it was wiped."""

outbox = Table(
    "outbox",
    messaging_metadata,
    Column("sequence", _BigSerial, primary_key=True, autoincrement=True),
    Column("event_id", String(MAX_ID_CHARACTERS), nullable=False),
    Column("type", String(MAX_TYPE_CHARACTERS), nullable=False),
    Column("source", String(MAX_SOURCE_CHARACTERS), nullable=False),
    Column("subject", String(MAX_SUBJECT_CHARACTERS), nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("correlation_id", String(MAX_CORRELATION_ID_CHARACTERS)),
    Column("data", Text, nullable=False),
    Column("published_at", UtcDateTime),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("retry_at", UtcDateTime),
    Column("problem", Text),
    UniqueConstraint("event_id", name="uq_outbox_event_id"),
    sqlite_autoincrement=True,
)
"""`retry_at` and `problem` are set while the broker gives the event back; such a row keeps later
ones of its subject waiting.
"""

Index(
    "ix_outbox_open",
    outbox.c.sequence,
    sqlite_where=text("published_at IS NULL"),
    postgresql_where=text("published_at IS NULL"),
)
Index(
    "ix_outbox_open_returned",
    outbox.c.subject,
    outbox.c.sequence,
    sqlite_where=text("published_at IS NULL AND retry_at IS NOT NULL"),
    postgresql_where=text("published_at IS NULL AND retry_at IS NOT NULL"),
)
Index("ix_outbox_type", outbox.c.type, outbox.c.occurred_at)
Index("ix_outbox_published_at", outbox.c.published_at)

inbox = Table(
    "inbox",
    messaging_metadata,
    Column("position", _BigSerial, primary_key=True, autoincrement=True),
    Column("source", String(MAX_SOURCE_CHARACTERS), nullable=False),
    Column("event_id", String(MAX_ID_CHARACTERS), nullable=False),
    Column("type", String(MAX_TYPE_CHARACTERS), nullable=False),
    Column("subject", String(MAX_SUBJECT_CHARACTERS), nullable=False),
    Column("envelope", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("retry_at", UtcDateTime),
    Column("problem", Text),
    Column("received_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("source", "event_id", name="uq_inbox_source_event_id"),
    sqlite_autoincrement=True,
)
"""`state` is received, or once `finished_at` is set: done, ignored (no handler), dead, dropped.
`envelope` is the raw JSON.
"""

Index(
    "ix_inbox_open",
    inbox.c.position,
    sqlite_where=text("finished_at IS NULL"),
    postgresql_where=text("finished_at IS NULL"),
)
Index(
    "ix_inbox_open_subject",
    inbox.c.source,
    inbox.c.subject,
    inbox.c.position,
    sqlite_where=text("finished_at IS NULL"),
    postgresql_where=text("finished_at IS NULL"),
)
Index("ix_inbox_finished", inbox.c.state, inbox.c.finished_at)

quarantine = Table(
    "quarantine",
    messaging_metadata,
    Column("id", _BigSerial, primary_key=True, autoincrement=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("digest", name="uq_quarantine_digest"),
    sqlite_autoincrement=True,
)
"""What the consumer could not read, whole; `digest` (SHA-256 of the body) keeps a redelivery from
standing here twice.
"""

worker_signs = Table(
    "worker_signs",
    messaging_metadata,
    Column("instance", String(32), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("has_broker", Boolean, nullable=False),
)
"""When each worker process was last seen working, and whether it reached the broker then: the web
processes know workers and broker by nothing else.
"""
