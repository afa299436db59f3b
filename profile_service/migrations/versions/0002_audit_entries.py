"""The record of memberships becomes the append-only one of every service."""

import sqlalchemy as sa
from alembic import op

from shared.audit_entries import make_audit_entries_append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table(
        "audit_entries", table_kwargs={"sqlite_autoincrement": True}
    ) as table:
        table.add_column(sa.Column("correlation_id", sa.String(64)))
        table.alter_column("actor_id", existing_type=sa.BigInteger, nullable=True)
        table.alter_column("account_id", existing_type=sa.BigInteger, nullable=True)
    op.create_index("ix_audit_entries_account_id", "audit_entries", ["account_id"])
    make_audit_entries_append_only(op)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_entries_append_only ON audit_entries")
        op.execute("DROP FUNCTION refuse_change_of_audit_entries()")
    else:
        op.execute("DROP TRIGGER audit_entries_no_update")
        op.execute("DROP TRIGGER audit_entries_no_delete")
    op.drop_index("ix_audit_entries_account_id", "audit_entries")
    op.drop_column("audit_entries", "correlation_id")
