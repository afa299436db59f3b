"""Which sign-ups an unproved account came from, and links beside mailed codes.

An account opened by the previous release says nothing of where it came from: no password of it
stands when its address is proved.
"""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("accounts", sa.Column("opened_through", sa.String(16)))
    op.add_column(
        "accounts",
        sa.Column("is_contested", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column("codes", sa.Column("link_hash", sa.String(64)))
    op.add_column("codes", sa.Column("link_expires_at", UtcDateTime))
    op.create_index("ix_codes_link_hash", "codes", ["link_hash"])
    op.create_table(
        "registrations",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("account_id", IDENTIFIER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("opened_through", sa.String(16), nullable=False),
        sa.Column("secret_hash", sa.String(64)),
        sa.Column("first_name", sa.String(128), nullable=False),
        sa.Column("last_name", sa.String(128), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_registrations_account_id", "registrations", ["account_id"])


def downgrade() -> None:
    op.drop_table("registrations")
    op.drop_index("ix_codes_link_hash", "codes")
    for column in ("link_expires_at", "link_hash"):
        op.drop_column("codes", column)
    for column in ("is_contested", "opened_through"):
        op.drop_column("accounts", column)
