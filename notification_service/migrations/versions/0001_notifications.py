"""Recipients, notifications, settings, mails, and the chassis' tables."""

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
IS_OPEN = sa.text("state IN ('queued', 'sending')")


def upgrade() -> None:
    create_messaging_tables(op)
    create_idempotency_table(op)
    _create_recipients()
    _create_notifications()
    _create_notification_settings()
    _create_mails()


def downgrade() -> None:
    for name in ("mails", "notification_settings", "notifications", "recipients"):
        op.drop_table(name)
    op.drop_table("idempotency_keys")
    drop_messaging_tables(op)


def _create_recipients() -> None:
    op.create_table(
        "recipients",
        sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("account_version", sa.BigInteger, nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("first_name", sa.String(150), nullable=False),
        sa.Column("is_verified", sa.Boolean, nullable=False),
        sa.Column("account_locale", sa.String(8)),
        sa.Column("account_time_zone", sa.String(64)),
        sa.Column("profile_version", sa.BigInteger, nullable=False),
        sa.Column("profile_locale", sa.String(8)),
        sa.Column("profile_time_zone", sa.String(64)),
    )


def _create_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("recipient_id", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("read_at", UtcDateTime),
        sa.Column("deleted_at", UtcDateTime),
        sa.UniqueConstraint(
            "recipient_id", "event_id", name="uq_notifications_recipient_id_event_id"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_notifications_recipient_id_created_at",
        "notifications",
        ["recipient_id", "created_at", "id"],
    )


def _create_notification_settings() -> None:
    op.create_table(
        "notification_settings",
        sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("email_notification", sa.Boolean, nullable=False),
        sa.Column("appointments_notification", sa.Boolean, nullable=False),
        sa.Column("results_notification", sa.Boolean, nullable=False),
        sa.Column("marketing_email", sa.Boolean, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
    )


def _create_mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("origin", sa.String(120), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("recipient_id", sa.BigInteger),
        sa.Column("address", sa.String(254)),
        sa.Column("template", sa.String(64), nullable=False),
        sa.Column("locale", sa.String(8)),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text),
        sa.Column("sealed_for", sa.String(300)),
        sa.Column("expires_at", UtcDateTime),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("retry_at", UtcDateTime),
        sa.Column("problem", sa.String(200)),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        sa.UniqueConstraint("origin", name="uq_mails_origin"),
        sa.UniqueConstraint("message_id", name="uq_mails_message_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_mails_open", "mails", ["id"], sqlite_where=IS_OPEN, postgresql_where=IS_OPEN
    )
    op.create_index("ix_mails_address_template", "mails", ["address", "template"])
    op.create_index("ix_mails_finished_at", "mails", ["finished_at"])
