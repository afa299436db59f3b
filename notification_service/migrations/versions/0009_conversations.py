"""Which message a notification tells of, and how far conversations were read."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "read_marks",
        sa.Column("conversation_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("reader_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
    )
    op.add_column("notifications", sa.Column("conversation_id", sa.BigInteger))
    op.add_column("notifications", sa.Column("message_id", sa.BigInteger))
    op.create_index(
        "ix_notifications_conversation_id_recipient_id_message_id",
        "notifications",
        ["conversation_id", "recipient_id", "message_id"],
    )


def downgrade() -> None:
    op.drop_index(
        "ix_notifications_conversation_id_recipient_id_message_id", table_name="notifications"
    )
    op.drop_column("notifications", "message_id")
    op.drop_column("notifications", "conversation_id")
    op.drop_table("read_marks")
