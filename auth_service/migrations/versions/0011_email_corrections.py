"""From which login session a change of address was asked for, and corrections of addresses that
staff propose.
"""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("email_changes", sa.Column("login_session_id", sa.String(36)))
    op.create_table(
        "email_corrections",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("account_id", IDENTIFIER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("old_email", sa.String(254), nullable=False),
        sa.Column("new_email", sa.String(254), nullable=False),
        sa.Column("asked_by", IDENTIFIER, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("closed_at", UtcDateTime),
        sa.UniqueConstraint("token_hash", name="uq_email_corrections_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_email_corrections_account_id", "email_corrections", ["account_id"])


def downgrade() -> None:
    op.drop_table("email_corrections")
    op.drop_column("email_changes", "login_session_id")
