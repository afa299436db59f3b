"""Which mails replace one another, and which wait until their address is proved."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

IS_OPEN_SECRET = sa.text("state IN ('queued', 'sending') AND sealed IS NOT NULL")


def upgrade() -> None:
    op.add_column("mails", sa.Column("topic", sa.String(220)))
    op.add_column("mails", sa.Column("topic_sequence", sa.BigInteger))
    op.add_column(
        "mails",
        sa.Column("waits_for_proof", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_mails_topic_recipient_id", "mails", ["topic", "recipient_id"])
    op.create_index(
        "ix_mails_open_secret", "mails", ["id"],
        sqlite_where=IS_OPEN_SECRET, postgresql_where=IS_OPEN_SECRET,
    )  # fmt: skip
    op.add_column("recipients", sa.Column("verified_at", UtcDateTime))


def downgrade() -> None:
    op.drop_column("recipients", "verified_at")
    op.drop_index("ix_mails_open_secret", table_name="mails")
    op.drop_index("ix_mails_topic_recipient_id", table_name="mails")
    for name in ("waits_for_proof", "topic_sequence", "topic"):
        op.drop_column("mails", name)
