"""Conversations with their messages, and the copies of booking's facts that say who may talk."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _create_care_relations()
    _create_practitioners()
    _create_conversations()
    _create_messages()


def downgrade() -> None:
    for table in ("messages", "conversations", "practitioners", "care_relations"):
        op.drop_table(table)


def _create_care_relations() -> None:
    op.create_table(
        "care_relations",
        sa.Column("client_id", IDENTIFIER, autoincrement=False),
        sa.Column("practitioner_id", IDENTIFIER, autoincrement=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "practitioner_id", name="pk_care_relations"),
    )
    op.create_index("ix_care_relations_practitioner_id", "care_relations", ["practitioner_id"])


def _create_practitioners() -> None:
    op.create_table(
        "practitioners",
        sa.Column("practitioner_id", IDENTIFIER, autoincrement=False),
        sa.Column("name", sa.JSON),
        sa.Column("is_published", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("practitioner_id", name="pk_practitioners"),
    )


def _create_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("client_id", IDENTIFIER, nullable=False),
        sa.Column("practitioner_id", IDENTIFIER, nullable=False),
        sa.Column("last_position", sa.Integer, nullable=False),
        sa.Column("client_read_position", sa.Integer, nullable=False),
        sa.Column("practitioner_read_position", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("last_message_at", UtcDateTime),
        sa.UniqueConstraint(
            "client_id", "practitioner_id", name="uq_conversations_client_id_practitioner_id"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_conversations_practitioner_id", "conversations", ["practitioner_id"])


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("conversation_id", IDENTIFIER, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("sender_id", IDENTIFIER, nullable=False),
        sa.Column("sealed_text", sa.LargeBinary),
        sa.Column("client_message_id", sa.String(64)),
        sa.Column("sent_at", UtcDateTime, nullable=False),
        sa.Column("deleted_at", UtcDateTime),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_messages_conversation_id_conversations",
        ),
        sa.UniqueConstraint(
            "conversation_id", "position", name="uq_messages_conversation_id_position"
        ),
        sa.UniqueConstraint(
            "conversation_id",
            "sender_id",
            "client_message_id",
            name="uq_messages_conversation_id_sender_id_client_message_id",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_sender_id_sent_at", "messages", ["sender_id", "sent_at"])
