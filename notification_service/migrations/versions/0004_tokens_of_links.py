"""A second secret of a mail: the token of its link, beside its code."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mails", sa.Column("sealed_token", sa.Text))
    op.add_column("mails", sa.Column("sealed_token_for", sa.String(300)))


def downgrade() -> None:
    op.drop_column("mails", "sealed_token_for")
    op.drop_column("mails", "sealed_token")
