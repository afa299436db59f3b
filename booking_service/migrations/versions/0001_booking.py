"""Practitioners, schedules, holds, claims, appointments, care relations, wishes, cards on file; and
the chassis' tables for events and idempotency keys.
"""

from typing import Any

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
    create_people()
    create_practitioners()
    create_schedules()
    create_appointments()
    create_holds_and_claims()
    create_reschedule_tokens()
    create_care_relations()
    create_matching_preferences()
    create_payment_methods()


def downgrade() -> None:
    for table in (
        "payment_methods",
        "matching_preferences",
        "care_relations",
        "reschedule_tokens",
        "claims",
        "holds",
        "appointment_changes",
        "appointments",
        "absences",
        "schedule_overrides",
        "weekly_hours",
        "practitioners",
        "people",
        "idempotency_keys",
    ):
        op.drop_table(table)
    drop_messaging_tables(op)


def account_key(name: str) -> sa.Column[Any]:
    return sa.Column(name, IDENTIFIER, primary_key=True, autoincrement=False)


def practitioner_reference(*, is_key: bool = False) -> sa.Column[Any]:
    return sa.Column(
        "practitioner_id",
        IDENTIFIER,
        sa.ForeignKey("practitioners.id"),
        primary_key=is_key,
        nullable=False,
        autoincrement=False,
    )


def create_people() -> None:
    op.create_table(
        "people",
        account_key("account_id"),
        sa.Column("first_name", sa.String(150)),
        sa.Column("last_name", sa.String(150)),
        sa.Column("role", sa.String(16)),
        sa.Column("account_version", sa.Integer),
        sa.Column("locale", sa.String(8)),
        sa.Column("time_zone", sa.String(64)),
        sa.Column("profile_version", sa.Integer),
    )


def create_practitioners() -> None:
    op.create_table(
        "practitioners",
        account_key("id"),
        sa.Column("account_name", sa.String(200), nullable=False),
        sa.Column("name", sa.JSON),
        sa.Column("information", sa.JSON, nullable=False),
        sa.Column("education", sa.JSON, nullable=False),
        sa.Column("therapy_types", sa.String(128), nullable=False),
        sa.Column("methods", sa.String(512), nullable=False),
        sa.Column("topics", sa.String(512), nullable=False),
        sa.Column("languages", sa.String(128), nullable=False),
        sa.Column("gender", sa.String(8), nullable=False),
        sa.Column("session_minutes", sa.Integer, nullable=False),
        sa.Column("price_minor_units", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("is_published", sa.Boolean, nullable=False),
        sa.Column("minimum_notice_minutes", sa.Integer, nullable=False),
        sa.Column("free_cancellation_minutes", sa.Integer, nullable=False),
        sa.Column("hard_limit_minutes", sa.Integer),
        sa.Column("booking_window_days", sa.Integer, nullable=False),
        sa.Column("buffer_minutes", sa.Integer, nullable=False),
        sa.Column("maximum_coming_per_client", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_practitioners_is_published_id", "practitioners", ["is_published", "id"])


def create_schedules() -> None:
    op.create_table(
        "weekly_hours",
        practitioner_reference(is_key=True),
        sa.Column("weekday", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("starts_minute", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("ends_minute", sa.Integer, nullable=False),
    )
    op.create_table(
        "schedule_overrides",
        practitioner_reference(is_key=True),
        sa.Column("date", sa.Date, primary_key=True),
        sa.Column("hours", sa.JSON, nullable=False),
    )
    op.create_table(
        "absences",
        sa.Column("id", IDENTIFIER, primary_key=True),
        practitioner_reference(),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("reason", sa.String(500)),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_absences_practitioner_id_ends_at", "absences", ["practitioner_id", "ends_at"]
    )


def create_appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", IDENTIFIER, primary_key=True),
        practitioner_reference(),
        sa.Column("client_id", IDENTIFIER, nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("price_minor_units", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("free_cancellation_minutes", sa.Integer, nullable=False),
        sa.Column("hard_limit_minutes", sa.Integer),
        sa.Column("is_late_change", sa.Boolean, nullable=False),
        sa.Column("rescheduled_to", IDENTIFIER, sa.ForeignKey("appointments.id")),
        sa.Column("first_appointment_id", IDENTIFIER, sa.ForeignKey("appointments.id")),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    for columns in (
        ["client_id", "starts_at"],
        ["practitioner_id", "starts_at"],
        ["first_appointment_id"],
    ):
        op.create_index("ix_appointments_" + "_".join(columns), "appointments", columns)
    op.create_table(
        "appointment_changes",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("appointment_id", IDENTIFIER, sa.ForeignKey("appointments.id"), nullable=False),
        sa.Column("action", sa.String(12), nullable=False),
        sa.Column("from_state", sa.String(12)),
        sa.Column("to_state", sa.String(12), nullable=False),
        sa.Column("actor_id", IDENTIFIER, nullable=False),
        sa.Column("changed_by", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.Column("is_late", sa.Boolean, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_appointment_changes_appointment_id", "appointment_changes", ["appointment_id"]
    )


def create_holds_and_claims() -> None:
    op.create_table(
        "holds",
        sa.Column("id", IDENTIFIER, primary_key=True),
        practitioner_reference(),
        sa.Column("client_id", IDENTIFIER, nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_holds_practitioner_id_expires_at", "holds", ["practitioner_id", "expires_at"]
    )
    op.create_index("ix_holds_client_id", "holds", ["client_id"])
    op.create_table(
        "claims",
        practitioner_reference(is_key=True),
        sa.Column("cell", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("client_id", IDENTIFIER, nullable=False),
        sa.Column("appointment_id", IDENTIFIER, sa.ForeignKey("appointments.id")),
        sa.Column("hold_id", IDENTIFIER, sa.ForeignKey("holds.id", ondelete="CASCADE")),
        sa.Column("blocks_client", sa.Boolean, nullable=False),
        sa.CheckConstraint(
            "(appointment_id IS NULL) <> (hold_id IS NULL)", name="ck_claims_one_owner"
        ),
    )
    op.create_index(
        "uq_claims_client_id_cell",
        "claims",
        ["client_id", "cell"],
        unique=True,
        sqlite_where=sa.text("blocks_client"),
        postgresql_where=sa.text("blocks_client"),
    )
    op.create_index("ix_claims_appointment_id", "claims", ["appointment_id"])
    op.create_index("ix_claims_hold_id", "claims", ["hold_id"])


def create_reschedule_tokens() -> None:
    op.create_table(
        "reschedule_tokens",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("client_id", IDENTIFIER, nullable=False),
        sa.Column("practitioner_id", IDENTIFIER, nullable=False),
        sa.Column("appointment_id", IDENTIFIER, sa.ForeignKey("appointments.id"), nullable=False),
        sa.Column("appointment_version", sa.Integer, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_reschedule_tokens_expires_at", "reschedule_tokens", ["expires_at"])


def create_care_relations() -> None:
    op.create_table(
        "care_relations",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("client_id", IDENTIFIER, nullable=False),
        practitioner_reference(),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("reasons", sa.String(512)),
        sa.Column("more_reasons", sa.Text),
        sa.Column("wants_call", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_care_relations_client_id",
        "care_relations",
        ["client_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_care_relations_practitioner_id_client_id",
        "care_relations",
        ["practitioner_id", "client_id"],
    )


def create_matching_preferences() -> None:
    op.create_table(
        "matching_preferences",
        account_key("client_id"),
        sa.Column("age", sa.Integer, nullable=False),
        sa.Column("has_experience", sa.Boolean, nullable=False),
        sa.Column("therapy_type", sa.String(16), nullable=False),
        sa.Column("topics", sa.String(512), nullable=False),
        sa.Column("preferred_gender", sa.String(8), nullable=False),
        sa.Column("time_preference", sa.String(16), nullable=False),
        sa.Column("preferred_hour", sa.Integer),
        sa.Column("price_band", sa.Integer, nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("updated_at", UtcDateTime, nullable=False),
    )


def create_payment_methods() -> None:
    op.create_table(
        "payment_methods",
        account_key("account_id"),
        sa.Column("provider_token", sa.String(128), nullable=False),
        sa.Column("brand", sa.String(32), nullable=False),
        sa.Column("last_four", sa.String(4), nullable=False),
        sa.Column("expiry_month", sa.Integer, nullable=False),
        sa.Column("expiry_year", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
