"""Since when a mail waits for a server that is away."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mails", sa.Column("away_since", UtcDateTime))


def downgrade() -> None:
    op.drop_column("mails", "away_since")
