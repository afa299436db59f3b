"""The append-only record of what staff do and read, and of security acts."""

from alembic import op

from shared.audit_entries import create_audit_entries_table, drop_audit_entries_table

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_audit_entries_table(op)


def downgrade() -> None:
    drop_audit_entries_table(op)
