"""The append-only record of what staff do and read, and of security acts: one table in each
service's own database. The database refuses to change or delete an entry, and the entries are a
chain: each carries a digest of its own content and of the digest before it, so that one that was
changed, removed or put in by hand is found (`audit-verify`).

An entry is written right before its transaction commits, under a lock that is held until then:
the order of the chain is decided in the database, and no other lock is waited for meanwhile.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.clock import instant_text
from shared.database import UtcDateTime, before_commit
from shared.logs import current_correlation_id

_IDENTIFIER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_REFUSAL = "audit entries are append-only"
_PENDING = "audit_entries"  # key of session.info
_CHAIN_LOCK = 0x41756469  # any number; the same for every process that writes to this database
_DIGEST_CHARACTERS = 64
_NETWORK_CHARACTERS = 64
_AT_ONCE = 500

_network: ContextVar[str | None] = ContextVar("audited_network", default=None)


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", _IDENTIFIER, primary_key=True),
        sa.Column("happened_at", UtcDateTime, nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("account_id", sa.BigInteger),
        sa.Column("actor_id", sa.BigInteger),
        sa.Column("correlation_id", sa.String(64)),
    ]


def _chain_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("network", sa.String(_NETWORK_CHARACTERS)),
        sa.Column("previous", sa.String(_DIGEST_CHARACTERS)),
        sa.Column("digest", sa.String(_DIGEST_CHARACTERS)),
    ]


_metadata = sa.MetaData()
audit_entries = sa.Table(
    "audit_entries",
    _metadata,
    *_columns(),
    *_chain_columns(),
    sa.Index("ix_audit_entries_account_id", "account_id"),
    sqlite_autoincrement=True,
)
"""Who (`actor_id`, null for a command on the server or somebody not logged in) did or read what
(`act`) of whom (`account_id`, null for many at once), when, in which request, from which network.
Never contents, names or mail addresses. `previous` is the digest before this one.
"""

audit_chain = sa.Table(
    "audit_chain",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("entries", sa.BigInteger, nullable=False),
    sa.Column("older_until", sa.BigInteger, nullable=False),
    sa.Column("older_digest", sa.String(_DIGEST_CHARACTERS), nullable=False),
)
"""One row: how many entries were ever written, which the database counts itself, and the digest of
those that are older than the chain, with which it begins.
"""


@contextmanager
def coming_from(network: str | None) -> Iterator[None]:
    """Note the network of whoever is served in this block; entries carry it."""
    token = _network.set(network)
    try:
        yield
    finally:
        _network.reset(token)


def add_audit_entry(
    session: Session, act: StrEnum, *, account_id: int | None, actor_id: int | None, now: datetime
) -> None:
    """Record an act with the present request's id and network; it stands or falls with the
    transaction, at whose end it is written.
    """
    entry = {
        "happened_at": now,
        "act": act.value,
        "account_id": account_id,
        "actor_id": actor_id,
        "correlation_id": current_correlation_id(),
        "network": _network.get(),
    }
    pending = session.info.setdefault(_PENDING, [])
    if not pending:
        before_commit(session, _append_pending)
    pending.append(entry)


def _append_pending(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_CHAIN_LOCK)))
    previous = _last_digest(session)
    for entry in session.info.pop(_PENDING):
        digest = _digest(previous, entry)
        values = {**entry, "previous": previous, "digest": digest}
        session.execute(sa.insert(audit_entries).values(**values))
        previous = digest


def _last_digest(session: Session) -> str:
    last = (
        sa.select(audit_entries.c.digest)
        .where(audit_entries.c.digest.is_not(None))
        .order_by(audit_entries.c.id.desc())
        .limit(1)
    )
    found: str | None = session.execute(last).scalar_one_or_none()
    if found is not None:
        return found
    begin: str = session.execute(sa.select(audit_chain.c.older_digest)).scalar_one()
    return begin


def _digest(previous: str, entry: Mapping[Any, Any]) -> str:
    """Give the digest of an entry that follows another digest."""
    content = [
        previous,
        instant_text(entry["happened_at"]),
        entry["act"],
        entry["account_id"],
        entry["actor_id"],
        entry["correlation_id"],
        entry["network"],
    ]
    spelled = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()


class _Walk:
    """Goes along the entries by id and notes what does not fit."""

    def __init__(self, chain: sa.RowMapping) -> None:
        self.entries = 0
        self.faults: list[str] = []
        self.digest = ""
        self._chain = chain
        self._has_begun = False

    def pass_by(self, entry: sa.RowMapping) -> None:
        """Look at the next entry."""
        self.entries += 1
        if entry["id"] <= self._chain["older_until"]:
            self.digest = _digest(self.digest, entry)
            return
        self._begin()
        if entry["digest"] is None:
            self.faults.append(f"entry {entry['id']} stands outside the chain")
            return
        if entry["previous"] != self.digest:
            place = f"before entry {entry['id']}"
            self.faults.append(f"{place} something was removed, put in or changed")
        if _digest(entry["previous"] or "", entry) != entry["digest"]:
            self.faults.append(f"entry {entry['id']} was changed")
        self.digest = entry["digest"]

    def finish(self) -> None:
        """Compare with how many the database has counted."""
        self._begin()
        if self._chain["entries"] != self.entries:
            counted = f"{self._chain['entries']} entries were written"
            self.faults.append(f"{counted}, {self.entries} are there")

    def _begin(self) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        if self.digest != self._chain["older_digest"]:
            self.faults.append("an entry older than the chain was removed, put in or changed")
        self.digest = self._chain["older_digest"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a walk along the chain found: how many entries there are, the digest of the last, and
    every place where one was changed, removed or put in.
    """

    entries: int
    last_digest: str
    faults: Sequence[str]


def judge_audit_entries(session: Session, *, known: str | None = None) -> Verdict:
    """Walk along the whole chain. A `known` digest, kept elsewhere since an earlier walk, must
    still stand in it: that finds a chain that was made anew as a whole.
    """
    chain = session.execute(sa.select(audit_chain)).mappings().one()
    walk = _Walk(chain)
    in_order = sa.select(audit_entries).order_by(audit_entries.c.id)
    for entry in session.execute(in_order.execution_options(yield_per=_AT_ONCE)).mappings():
        walk.pass_by(entry)
    walk.finish()
    if known is not None and not _stands_in_chain(session, known):
        walk.faults.append("the known digest does not stand in the chain")
    return Verdict(entries=walk.entries, last_digest=walk.digest, faults=walk.faults)


def _stands_in_chain(session: Session, digest: str) -> bool:
    wanted = sa.select(audit_entries.c.id).where(audit_entries.c.digest == digest).limit(1)
    return session.execute(wanted).first() is not None


def create_audit_entries_table(op: Any) -> None:
    """Create the table as of step 1; a service's numbered revision calls this with Alembic's
    `op`.
    """
    op.create_table("audit_entries", *_columns(), sqlite_autoincrement=True)
    op.create_index("ix_audit_entries_account_id", "audit_entries", ["account_id"])
    make_audit_entries_append_only(op)


def drop_audit_entries_table(op: Any) -> None:
    """Drop the table and what guards it."""
    op.drop_table("audit_entries")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_of_audit_entries()")


def make_audit_entries_append_only(op: Any) -> None:
    """Let the database refuse to change or delete a row."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change_of_audit_entries() RETURNS trigger AS $$"
            f" BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$ LANGUAGE plpgsql"
        )
        op.execute(
            "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit_entries()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_entries_no_{change.lower()} BEFORE {change} ON audit_entries"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )


def chain_audit_entries(op: Any) -> None:
    """Step 2: make the entries a chain, beginning after those that are there, and let the database
    count them. Changing the table keeps writers out until the end of the transaction. The release
    before may go on writing; what it writes stands outside the chain.
    """
    for column in _chain_columns():
        op.add_column("audit_entries", column)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("audit_entries", "act", type_=sa.String(64))
    chain = op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.Column("older_until", sa.BigInteger, nullable=False),
        sa.Column("older_digest", sa.String(_DIGEST_CHARACTERS), nullable=False),
    )
    op.execute(sa.insert(chain).values(id=1, **_older(op.get_bind())))
    _count_audit_entries(op)


def unchain_audit_entries(op: Any) -> None:
    """Undo `chain_audit_entries`."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_entries_counted ON audit_entries")
        op.execute("DROP TRIGGER audit_entries_no_truncate ON audit_entries")
        op.execute("DROP FUNCTION count_audit_entry()")
    else:
        op.execute("DROP TRIGGER audit_entries_counted")
    op.drop_table("audit_chain")
    for column in ("digest", "previous", "network"):
        op.drop_column("audit_entries", column)


def _older(connection: sa.Connection) -> dict[str, Any]:
    """Fold the entries that are there into one digest."""
    entries, until, digest = 0, 0, ""
    in_order = sa.select(audit_entries).order_by(audit_entries.c.id)
    for entry in connection.execute(in_order).mappings():
        entries, until, digest = entries + 1, entry["id"], _digest(digest, entry)
    return {"entries": entries, "older_until": until, "older_digest": digest}


def _count_audit_entries(op: Any) -> None:
    """Count each row in the database, with its owner's rights: who writes entries may not change
    the count.
    """
    count = "UPDATE audit_chain SET entries = entries + 1"
    if op.get_bind().dialect.name != "postgresql":
        op.execute(
            f"CREATE TRIGGER audit_entries_counted AFTER INSERT ON audit_entries BEGIN {count}; END"
        )
        return
    op.execute(
        "CREATE FUNCTION count_audit_entry() RETURNS trigger SECURITY DEFINER"
        f" SET search_path = public, pg_temp AS $$ BEGIN {count}; RETURN NULL; END $$"
        " LANGUAGE plpgsql"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_counted AFTER INSERT ON audit_entries"
        " FOR EACH ROW EXECUTE FUNCTION count_audit_entry()"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_entries()"
    )
