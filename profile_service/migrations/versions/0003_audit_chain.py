"""The record of what staff do and read becomes a chain that audit-verify walks along."""

from alembic import op

from shared.audit_entries import chain_audit_entries, unchain_audit_entries

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    chain_audit_entries(op)


def downgrade() -> None:
    unchain_audit_entries(op)
