"""How many accounts there are, by block of ids and share: kept by triggers, so that a page of the
list costs the same wherever it stands.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
BLOCK, SHARES = 2048, 4

_SQLITE_INSERT = """
CREATE TRIGGER accounts_insert_is_counted AFTER INSERT ON accounts
BEGIN
    INSERT INTO account_counts (block, share, accounts)
    VALUES (NEW.id / {block}, NEW.id % {shares}, 1)
    ON CONFLICT (block, share) DO UPDATE SET accounts = accounts + 1;
END
"""
_SQLITE_DELETE = """
CREATE TRIGGER accounts_delete_is_counted AFTER DELETE ON accounts
BEGIN
    UPDATE account_counts SET accounts = accounts - 1
    WHERE block = OLD.id / {block} AND share = OLD.id % {shares};
END
"""
_POSTGRESQL_INSERT = """
CREATE FUNCTION count_new_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO account_counts AS standing (block, share, accounts)
    SELECT id / {block}, id % {shares}, count(*) FROM changed GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (block, share)
    DO UPDATE SET accounts = standing.accounts + excluded.accounts;
    RETURN NULL;
END $$
"""
_POSTGRESQL_DELETE = """
CREATE FUNCTION count_deleted_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account_counts AS standing SET accounts = standing.accounts - gone.accounts
    FROM (
        SELECT id / {block} AS block, id % {shares} AS share, count(*) AS accounts
        FROM changed GROUP BY 1, 2
    ) AS gone
    WHERE standing.block = gone.block AND standing.share = gone.share;
    RETURN NULL;
END $$
"""
_POSTGRESQL_TRIGGER = """
CREATE TRIGGER accounts_{event}_is_counted AFTER {event} ON accounts
REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {function}()
"""
_COUNT = """
INSERT INTO account_counts (block, share, accounts)
SELECT id / {block}, id % {shares}, count(*) FROM accounts GROUP BY 1, 2
"""


def upgrade() -> None:
    op.create_table(
        "account_counts",
        sa.Column("block", IDENTIFIER, primary_key=True, autoincrement=False),
        sa.Column("share", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("accounts", sa.BigInteger, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_filled(_POSTGRESQL_INSERT))
        op.execute(_filled(_POSTGRESQL_DELETE))
        for event, rows, function in (
            ("insert", "NEW", "count_new_accounts"),
            ("delete", "OLD", "count_deleted_accounts"),
        ):
            op.execute(_POSTGRESQL_TRIGGER.format(event=event, rows=rows, function=function))
    else:
        op.execute(_filled(_SQLITE_INSERT))
        op.execute(_filled(_SQLITE_DELETE))
    op.execute(_filled(_COUNT))  # nobody else writes accounts since the triggers were made


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for event, function in (("insert", "count_new_accounts"), ("delete", "count_deleted_accounts")):
        op.execute(
            f"DROP TRIGGER accounts_{event}_is_counted{' ON accounts' if is_postgresql else ''}"
        )
        if is_postgresql:
            op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("account_counts")


def _filled(statement: str) -> str:
    return statement.format(block=BLOCK, shares=SHARES)
