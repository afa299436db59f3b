"""Guided sessions with transcripts and answers, data keys, people, and the chassis' tables."""

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
    _create_people()
    _create_data_keys()
    _create_guided_sessions()
    _create_transcript_lines()
    _create_answers()


def downgrade() -> None:
    for table in ("answers", "transcript_lines", "guided_sessions", "data_keys", "people"):
        op.drop_table(table)
    op.drop_table("idempotency_keys")
    drop_messaging_tables(op)


def _create_people() -> None:
    op.create_table(
        "people",
        sa.Column("account_id", IDENTIFIER, autoincrement=False),
        sa.Column("locale", sa.String(8)),
        sa.Column("country", sa.String(2)),
        sa.Column("profile_version", sa.BigInteger, nullable=False),
        sa.Column("premium_since", UtcDateTime),
        sa.PrimaryKeyConstraint("account_id", name="pk_people"),
    )


def _create_data_keys() -> None:
    op.create_table(
        "data_keys",
        sa.Column("owner_kind", sa.String(16)),
        sa.Column("owner_id", IDENTIFIER, autoincrement=False),
        sa.Column("master_key_id", sa.String(16), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("owner_kind", "owner_id", name="pk_data_keys"),
    )
    op.create_index("ix_data_keys_master_key_id", "data_keys", ["master_key_id"])


def _create_guided_sessions() -> None:
    op.create_table(
        "guided_sessions",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("account_id", IDENTIFIER, nullable=False),
        sa.Column("programme_version", sa.Integer, nullable=False),
        sa.Column("stage_order", sa.Integer, nullable=False),
        sa.Column("is_unlocked", sa.Boolean, nullable=False),
        sa.Column("answered_questions", sa.Integer, nullable=False),
        sa.Column("line_count", sa.Integer, nullable=False),
        sa.Column("begun_at", UtcDateTime),
        sa.Column("completed_at", UtcDateTime),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint(
            "account_id", "stage_order", name="uq_guided_sessions_account_id_stage_order"
        ),
        sqlite_autoincrement=True,
    )


def _create_transcript_lines() -> None:
    op.create_table(
        "transcript_lines",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("guided_session_id", IDENTIFIER, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("is_user", sa.Boolean, nullable=False),
        sa.Column("item_id", sa.String(64)),
        sa.Column("sealed_text", sa.LargeBinary, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["guided_session_id"],
            ["guided_sessions.id"],
            name="fk_transcript_lines_guided_session_id_guided_sessions",
        ),
        sa.UniqueConstraint(
            "guided_session_id",
            "position",
            name="uq_transcript_lines_guided_session_id_position",
        ),
        sqlite_autoincrement=True,
    )


def _create_answers() -> None:
    op.create_table(
        "answers",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("guided_session_id", IDENTIFIER, nullable=False),
        sa.Column("question_id", sa.String(64), nullable=False),
        sa.Column("line_id", IDENTIFIER, nullable=False),
        sa.Column("first_position", sa.Integer, nullable=False),
        sa.Column("last_position", sa.Integer, nullable=False),
        sa.Column("client_message_id", sa.String(64)),
        sa.Column("answered_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["guided_session_id"],
            ["guided_sessions.id"],
            name="fk_answers_guided_session_id_guided_sessions",
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["transcript_lines.id"], name="fk_answers_line_id_transcript_lines"
        ),
        sa.UniqueConstraint(
            "guided_session_id", "question_id", name="uq_answers_guided_session_id_question_id"
        ),
        sa.UniqueConstraint(
            "guided_session_id",
            "client_message_id",
            name="uq_answers_guided_session_id_client_message_id",
        ),
        sqlite_autoincrement=True,
    )
