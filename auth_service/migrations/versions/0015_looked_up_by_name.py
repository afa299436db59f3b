"""What staff look accounts up by: names folded, the role, the lock."""

import sqlalchemy as sa
from alembic import op

from auth_service.models.accounts import NAME_KEY, folded_name

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

AT_ONCE = 1000
ACCOUNTS = sa.table(
    "accounts",
    sa.column("id", sa.BigInteger),
    sa.column("first_name", sa.String),
    sa.column("last_name", sa.String),
    sa.column("name_key", sa.String),
    sa.column("reversed_name_key", sa.String),
)


def upgrade() -> None:
    op.add_column("accounts", sa.Column("name_key", NAME_KEY))
    op.add_column("accounts", sa.Column("reversed_name_key", NAME_KEY))
    move_rows()
    op.create_index("ix_accounts_name_key", "accounts", ["name_key"])
    op.create_index("ix_accounts_reversed_name_key", "accounts", ["reversed_name_key"])
    op.create_index("ix_accounts_role_id", "accounts", ["role", "id"])
    op.create_index("ix_accounts_locked_at", "accounts", ["locked_at"])


def downgrade() -> None:
    for name in ("locked_at", "role_id", "reversed_name_key", "name_key"):
        op.drop_index(f"ix_accounts_{name}", "accounts")
    op.drop_column("accounts", "reversed_name_key")
    op.drop_column("accounts", "name_key")


def move_rows() -> None:
    """Fold every name there is, the oldest account first."""
    connection, last = op.get_bind(), 0
    change = (
        sa.update(ACCOUNTS)
        .where(ACCOUNTS.c.id == sa.bindparam("row"))
        .values(name_key=sa.bindparam("key"), reversed_name_key=sa.bindparam("reversed"))
    )
    while rows := connection.execute(
        sa.select(ACCOUNTS.c.id, ACCOUNTS.c.first_name, ACCOUNTS.c.last_name)
        .where(ACCOUNTS.c.id > last)
        .order_by(ACCOUNTS.c.id)
        .limit(AT_ONCE)
    ).all():
        last = rows[-1].id
        keys = [
            {
                "row": row.id,
                "key": folded_name(f"{row.first_name} {row.last_name}"),
                "reversed": folded_name(f"{row.last_name} {row.first_name}"),
            }
            for row in rows
        ]
        connection.execute(change, keys)
