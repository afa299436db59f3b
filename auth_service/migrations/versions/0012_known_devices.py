"""Devices that have shown an account's password, so that strangers' failures slow nobody down."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "known_devices",
        sa.Column("account_id", IDENTIFIER, primary_key=True, autoincrement=False),
        sa.Column("device_hash", sa.String(64), primary_key=True),
        sa.Column("seen_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_known_devices_seen_at", "known_devices", ["seen_at"])


def downgrade() -> None:
    op.drop_table("known_devices")
