"""Addresses in their canonical form: until now a domain in other letters than ASCII was kept as it
was written, so that one mailbox could have several accounts.

Of several accounts of one mailbox the one that proved it, else the oldest, gets the canonical form;
the others stay as they are, and nobody logs in to them any more. Where earlier releases mailed to
another domain than the canonical one (IDNA 2003: faß.de to fass.de), whoever proved the address
need not have that mailbox: it has to be proved again.
"""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime
from shared.mailbox_addresses import mailbox_address

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ACCOUNTS = sa.table(
    "accounts",
    sa.column("id", sa.BigInteger),
    sa.column("email", sa.String),
    sa.column("email_verified_at", UtcDateTime),
    sa.column("version", sa.Integer),
)
EMAIL_CHANGES = sa.table(
    "email_changes",
    sa.column("id", sa.BigInteger),
    sa.column("old_email", sa.String),
    sa.column("new_email", sa.String),
)


def upgrade() -> None:
    move_rows()


def downgrade() -> None:
    """The canonical form is an address, too; the written one is not kept."""


def move_rows() -> None:
    """Rewrite what is not ASCII."""
    _canonical_accounts()
    _canonical_changes()


def _canonical_accounts() -> None:
    connection = op.get_bind()
    found = connection.execute(
        sa.select(ACCOUNTS.c.id, ACCOUNTS.c.email, ACCOUNTS.c.email_verified_at)
        .where(_is_international(ACCOUNTS.c.email))
        .order_by(ACCOUNTS.c.email_verified_at.is_(None), ACCOUNTS.c.id)
    ).all()
    for row in found:
        canonical = _canonical(row.email)
        is_free = (
            canonical is not None
            and not connection.execute(
                sa.select(ACCOUNTS.c.id).where(ACCOUNTS.c.email == canonical)
            ).first()
        )
        values = {"email": canonical} if is_free else {}
        if canonical is None or _was_mailed_elsewhere(row.email, canonical):
            values["email_verified_at"] = None
        if values:
            connection.execute(
                sa.update(ACCOUNTS)
                .where(ACCOUNTS.c.id == row.id)
                .values(version=ACCOUNTS.c.version + 1, **values)
            )


def _canonical_changes() -> None:
    connection = op.get_bind()
    for name in ("old_email", "new_email"):
        column = EMAIL_CHANGES.c[name]
        found = connection.execute(
            sa.select(EMAIL_CHANGES.c.id, column.label("email")).where(_is_international(column))
        ).all()
        for row in found:
            canonical = _canonical(row.email)
            if canonical is not None:
                connection.execute(
                    sa.update(EMAIL_CHANGES)
                    .where(EMAIL_CHANGES.c.id == row.id)
                    .values({name: canonical})
                )


def _is_international(column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Tell by its bytes whether a text is more than ASCII."""
    if op.get_bind().dialect.name == "postgresql":
        return sa.func.octet_length(column) > sa.func.char_length(column)
    return sa.func.length(sa.cast(column, sa.LargeBinary)) > sa.func.length(column)


def _canonical(email: str) -> str | None:
    try:
        return str(mailbox_address(email))
    except ValueError:
        return None


def _was_mailed_elsewhere(email: str, canonical: str) -> bool:
    try:
        mailed_to = email.rpartition("@")[2].encode("idna").decode()
    except UnicodeError:
        return True
    return mailed_to.lower() != canonical.rpartition("@")[2]
