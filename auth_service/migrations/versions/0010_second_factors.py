"""Second factors and their recovery codes."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "second_factors",
        sa.Column(
            "account_id",
            IDENTIFIER,
            sa.ForeignKey("accounts.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("secret", sa.String(256), nullable=False),
        sa.Column("begun_at", UtcDateTime, nullable=False),
        sa.Column("confirmed_at", UtcDateTime),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failures_since", UtcDateTime, nullable=False),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("account_id", IDENTIFIER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", UtcDateTime),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_recovery_codes_account_id_code_hash",
        "recovery_codes",
        ["account_id", "code_hash"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
