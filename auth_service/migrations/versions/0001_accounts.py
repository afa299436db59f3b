"""Accounts, codes, login sessions, limits, the audit record, copies of booking's facts, and the
chassis' tables for events and idempotency keys.
"""

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
    _create_accounts()
    _create_codes()
    _create_email_changes()
    _create_login_sessions()
    _create_attempts()
    _create_audit_entries()
    _create_copies()


def downgrade() -> None:
    for table in (
        "practitioners",
        "care_relations",
        "audit_entries",
        "attempts",
        "refresh_tokens",
        "login_sessions",
        "email_changes",
        "codes",
        "accounts",
        "idempotency_keys",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_of_audit_entries()")
    drop_messaging_tables(op)


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("user_name", sa.String(64), nullable=False),
        sa.Column("user_name_key", sa.String(256), nullable=False),
        sa.Column("first_name", sa.String(128), nullable=False),
        sa.Column("last_name", sa.String(128), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("country", sa.String(2)),
        sa.Column("time_zone", sa.String(64)),
        sa.Column("password_hash", sa.String(256), nullable=False),
        sa.Column("password_changed_at", UtcDateTime, nullable=False),
        sa.Column("must_change_password", sa.Boolean, nullable=False),
        sa.Column("email_verified_at", UtcDateTime),
        sa.Column("locked_at", UtcDateTime),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("email", name="uq_accounts_email"),
        sa.UniqueConstraint("user_name_key", name="uq_accounts_user_name_key"),
        sqlite_autoincrement=True,
    )


def _create_codes() -> None:
    op.create_table(
        "codes",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("asked_by", IDENTIFIER, nullable=False),
        sa.Column("account_id", IDENTIFIER),
        sa.Column("code_hash", sa.String(64)),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime),
        sa.Column("bound_password_hash", sa.String(256)),
        sa.Column("bound_first_name", sa.String(128)),
        sa.Column("bound_last_name", sa.String(128)),
        sa.UniqueConstraint("purpose", "email", "asked_by", name="uq_codes_purpose_email_asked_by"),
        sqlite_autoincrement=True,
    )


def _create_email_changes() -> None:
    op.create_table(
        "email_changes",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("account_id", IDENTIFIER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("old_email", sa.String(254), nullable=False),
        sa.Column("new_email", sa.String(254), nullable=False),
        sa.Column("undo_seed", sa.String(64), nullable=False),
        sa.Column("undo_hash", sa.String(64), nullable=False),
        sa.Column("undo_until", UtcDateTime, nullable=False),
        sa.Column("requested_at", UtcDateTime, nullable=False),
        sa.Column("confirmed_at", UtcDateTime),
        sa.Column("closed_at", UtcDateTime),
        sa.UniqueConstraint("undo_hash", name="uq_email_changes_undo_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_email_changes_account_id", "email_changes", ["account_id"])


def _create_login_sessions() -> None:
    op.create_table(
        "login_sessions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", IDENTIFIER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("opened_through", sa.String(16), nullable=False),
        sa.Column("device", sa.String(200), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("last_seen_at", UtcDateTime, nullable=False),
        sa.Column("token_expires_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("announced_at", UtcDateTime),
    )
    for column in ("account_id", "ended_at", "expires_at"):
        op.create_index(f"ix_login_sessions_{column}", "login_sessions", [column])
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column(
            "session_id",
            sa.String(36),
            sa.ForeignKey("login_sessions.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("used_at", UtcDateTime),
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"])


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attempts_kind_key_made_at", "attempts", ["kind", "key", "made_at"])
    op.create_index("ix_attempts_made_at", "attempts", ["made_at"])


def _create_audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("happened_at", UtcDateTime, nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("account_id", IDENTIFIER),
        sa.Column("actor_id", IDENTIFIER),
        sa.Column("correlation_id", sa.String(64)),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_entries_account_id", "audit_entries", ["account_id"])
    _make_audit_entries_append_only()


def _make_audit_entries_append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change_of_audit_entries() RETURNS trigger AS $$"
            " BEGIN RAISE EXCEPTION 'audit entries are append-only'; END $$ LANGUAGE plpgsql"
        )
        op.execute(
            "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit_entries()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_entries_no_{act.lower()} BEFORE {act} ON audit_entries"
            " BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END"
        )


def _create_copies() -> None:
    op.create_table(
        "care_relations",
        sa.Column("client_id", IDENTIFIER, primary_key=True, autoincrement=False),
        sa.Column("practitioner_id", IDENTIFIER, primary_key=True, autoincrement=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_care_relations_practitioner_id", "care_relations", ["practitioner_id"])
    op.create_table(
        "practitioners",
        sa.Column("practitioner_id", IDENTIFIER, primary_key=True, autoincrement=False),
        sa.Column("is_published", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
