"""What user names look like without characters that show nothing. A look that another account has
already stays with that one.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from auth_service.domain.look_alikes import look_of

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

AT_ONCE = 1000
ACCOUNTS = sa.table(
    "accounts",
    sa.column("id", sa.BigInteger),
    sa.column("user_name", sa.String),
    sa.column("user_name_look", sa.String),
)


def upgrade() -> None:
    move_rows()


def downgrade() -> None:
    """Leave the looks: earlier releases only compare them."""


def move_rows() -> None:
    """Look again at every name that has a look, the oldest account first."""
    connection, last = op.get_bind(), 0
    while rows := connection.execute(
        sa.select(ACCOUNTS)
        .where(ACCOUNTS.c.id > last, ACCOUNTS.c.user_name_look.is_not(None))
        .order_by(ACCOUNTS.c.id)
        .limit(AT_ONCE)
    ).all():
        last = rows[-1].id
        for row in rows:
            if not row.user_name.isascii():  # ASCII has none of them
                _look_again(connection, row)


def _look_again(connection: sa.Connection, row: sa.Row[Any]) -> None:
    look = look_of(row.user_name)
    if look == row.user_name_look:
        return
    taken = connection.execute(sa.select(ACCOUNTS.c.id).where(ACCOUNTS.c.user_name_look == look))
    connection.execute(
        sa.update(ACCOUNTS)
        .where(ACCOUNTS.c.id == row.id)
        .values(user_name_look=None if taken.first() is not None else look)
    )
