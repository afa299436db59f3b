"""Whether the old address was proved when its change was asked for; null where nobody noted it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("email_changes", sa.Column("was_proved", sa.Boolean))


def downgrade() -> None:
    op.drop_column("email_changes", "was_proved")
