"""Which client used a refresh token, so that it may fetch a lost answer again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refresh_tokens", sa.Column("used_by", sa.String(64)))


def downgrade() -> None:
    op.drop_column("refresh_tokens", "used_by")
