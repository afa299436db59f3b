"""What workers tell of themselves, for `/readyz`."""

from alembic import op

from shared.events.migrations import create_worker_signs_table, drop_worker_signs_table

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_worker_signs_table(op)


def downgrade() -> None:
    drop_worker_signs_table(op)
