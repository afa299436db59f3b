"""Staff's list of appointments by start, without sorting all of them."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_appointments_starts_at_id", "appointments", ["starts_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_appointments_starts_at_id", "appointments")
