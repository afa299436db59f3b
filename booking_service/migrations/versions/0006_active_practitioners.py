"""Whether a practitioner's account is a therapist's and not locked, as auth last told."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The previous release writes records without the column, of therapists only.
_PRESENT = sa.text(
    "UPDATE practitioners SET is_active = false WHERE id IN"
    " (SELECT account_id FROM people WHERE role IS NOT NULL AND role <> 'therapist')"
)


def upgrade() -> None:
    op.add_column(
        "practitioners",
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
    )
    op.execute(_PRESENT)


def downgrade() -> None:
    op.drop_column("practitioners", "is_active")
