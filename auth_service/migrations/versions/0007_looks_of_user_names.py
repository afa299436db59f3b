"""What user names that look alike have in common. Of names that look alike already the oldest gets
it; the others stay as they are.
"""

import sqlalchemy as sa
from alembic import op

from auth_service.domain.look_alikes import look_of

revision = "0007"
down_revision = "0006"
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
    op.add_column("accounts", sa.Column("user_name_look", sa.String(256)))
    move_rows()
    op.create_index("ix_accounts_user_name_look", "accounts", ["user_name_look"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_accounts_user_name_look", "accounts")
    op.drop_column("accounts", "user_name_look")


def move_rows() -> None:
    """Look at every name, the oldest account first."""
    connection, taken, last = op.get_bind(), set[str](), 0
    while rows := connection.execute(
        sa.select(ACCOUNTS.c.id, ACCOUNTS.c.user_name)
        .where(ACCOUNTS.c.id > last)
        .order_by(ACCOUNTS.c.id)
        .limit(AT_ONCE)
    ).all():
        last = rows[-1].id
        looks = {row.id: look_of(row.user_name) for row in rows}
        first = []
        for account_id, look in looks.items():
            if look not in taken:
                taken.add(look)
                first.append({"account_id": account_id, "look": look})
        if first:
            connection.execute(
                sa.update(ACCOUNTS)
                .where(ACCOUNTS.c.id == sa.bindparam("account_id"))
                .values(user_name_look=sa.bindparam("look")),
                first,
            )
