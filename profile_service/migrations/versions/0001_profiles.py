"""Profiles, pictures, memberships, the copies of other services' facts, and the chassis' tables."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime
from shared.events.migrations import create_messaging_tables, drop_messaging_tables
from shared.http.idempotency import create_idempotency_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    create_messaging_tables(op)
    create_idempotency_table(op)
    _create_own_tables()
    _create_copies()


def downgrade() -> None:
    for name in (
        "known_progress",
        "known_practitioners",
        "known_care_relations",
        "known_accounts",
        "audit_entries",
        "memberships",
        "pictures",
        "profiles",
        "idempotency_keys",
    ):
        op.drop_table(name)
    drop_messaging_tables(op)


def _create_own_tables() -> None:
    op.create_table(
        "profiles",
        _key("account_id"),
        sa.Column("birth_date", sa.Date),
        sa.Column("gender", sa.String(1)),
        sa.Column("specialty", sa.String(128)),
        sa.Column("locale", sa.String(8)),
        sa.Column("country", sa.String(2)),
        sa.Column("time_zone", sa.String(64)),
        sa.Column("has_account_values", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "pictures",
        _key("account_id"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "memberships", _key("account_id"), sa.Column("started_at", UtcDateTime, nullable=False)
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("actor_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("happened_at", UtcDateTime, nullable=False),
        sqlite_autoincrement=True,
    )


def _create_copies() -> None:
    op.create_table(
        "known_accounts",
        _key("account_id"),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("first_name", sa.String(150), nullable=False),
        sa.Column("last_name", sa.String(150), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
    )
    op.create_table(
        "known_care_relations",
        _key("client_id"),
        sa.Column("practitioner_id", sa.BigInteger),
        sa.Column("heard_sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "known_practitioners",
        _key("practitioner_id"),
        sa.Column("is_published", sa.Boolean, nullable=False),
        sa.Column("heard_sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "known_progress",
        _key("account_id"),
        sa.Column("completed_stages", sa.Integer, nullable=False),
        sa.Column("ratio", sa.Float, nullable=False),
        sa.Column("total_answers", sa.Integer, nullable=False),
        sa.Column("heard_sequence", sa.BigInteger, nullable=False),
    )


def _key(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)
