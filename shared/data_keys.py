"""Encryption at rest: one data key per person (or conversation), wrapped by a master key.

AES-256-GCM throughout. What a text is bound to (service, table, row, column, and who said it when)
is authenticated with it: bytes that were changed, or moved to another row, do not open, nor do
those whose row now names another sender or moment. The data keys are random and never change, so
turning to a new master key rewraps the keys and touches no text.

A sealed text begins with its format: PLACE_ONLY, written by earlier releases, is bound to its place
alone and still opens; BOUND to the row's facts too.
"""

import hashlib
import os
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.orm import Session

from shared.database import UtcDateTime, insert_unless_there
from shared.errors import Unavailable

PERSON = "person"
_IDENTIFIER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
PLACE_ONLY, BOUND = b"\x01", b"\x02"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


class TextUnreadable(Unavailable):
    """A stored text was changed, moved, or sealed under a master key this process has not got.

    Nothing of it is shown. Another key may be on its way, hence no final refusal.
    """

    message = "A stored text cannot be read at the moment."

    def __init__(self) -> None:
        super().__init__(retry_after_seconds=60)


class UnknownMasterKey(TextUnreadable):
    """The data key is wrapped by a master key that is neither the present nor the previous one."""

    code = TextUnreadable.code


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("owner_kind", sa.String(16), primary_key=True),
        sa.Column("owner_id", _IDENTIFIER, primary_key=True, autoincrement=False),
        sa.Column("master_key_id", sa.String(16), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    ]


data_keys = sa.Table(
    "data_keys", sa.MetaData(), *_columns(), sa.Index("ix_data_keys_master_key_id", "master_key_id")
)
"""The wrapped data key of each person or other owner."""


def create_data_keys_table(op: Any) -> None:
    """Create the table; a service's numbered revision calls this with Alembic's `op`."""
    op.create_table("data_keys", *_columns())
    op.create_index("ix_data_keys_master_key_id", "data_keys", ["master_key_id"])


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a sealed text stands. `row` is the row's natural key, known before it is inserted;
    `facts` are what else of the row must stay true for the text to open.
    """

    service: str
    table: str
    row: str
    column: str
    facts: tuple[str, ...] = ()

    def associated_data(self, written_as: bytes = BOUND) -> bytes:
        """Spell the place; no part can hold the separator."""
        facts = self.facts if written_as == BOUND else ()
        return "\x1f".join((self.service, self.table, self.row, self.column, *facts)).encode()


@dataclass(frozen=True)
class DataKey:
    """An unwrapped data key; it never leaves the process and stays out of `repr`."""

    _material: bytes = field(repr=False)

    def seal(self, text: str, place: Place) -> bytes:
        """Encrypt a text for one place."""
        return _seal(self._material, text.encode("utf-8"), place)

    def open(self, sealed: bytes, place: Place) -> str:
        """Give the text back.

        Raises:
            TextUnreadable: the bytes were changed, cut short, or belong to another place or key.
        """
        return _open(self._material, sealed, place).decode("utf-8")


class MasterKeys:
    """A service's present master key, which wraps, and another one that is still or already
    readable.
    """

    def __init__(self, service: str, present: bytes, other: bytes | None = None) -> None:
        self.service = service
        self.present_id = _id_of(present)
        self._keys = {self.present_id: present}
        if other is not None:
            self._keys.setdefault(_id_of(other), other)

    @property
    def ids(self) -> frozenset[str]:
        """Give the ids of the master keys this process has."""
        return frozenset(self._keys)

    def wrap(self, material: bytes, place: Place) -> tuple[str, bytes]:
        """Wrap a data key; give the master key's id and the wrapped key."""
        return self.present_id, _seal(self._keys[self.present_id], material, place)

    def unwrap(self, master_key_id: str, wrapped: bytes, place: Place) -> bytes:
        """Unwrap a data key.

        Raises:
            UnknownMasterKey: this process has not got that master key.
            TextUnreadable: the wrapped key was changed or moved.
        """
        master = self._keys.get(master_key_id)
        if master is None:
            structlog.get_logger().error("master_key_unknown", kid=master_key_id)
            raise UnknownMasterKey
        return _open(master, wrapped, place)


def data_key_of(session: Session, masters: MasterKeys, kind: str, owner_id: int) -> DataKey | None:
    """Give the data key of a person or another owner, or None when nothing was sealed yet.

    Raises:
        TextUnreadable: it cannot be unwrapped.
    """
    row = session.execute(
        sa.select(data_keys.c.master_key_id, data_keys.c.wrapped_key).where(
            data_keys.c.owner_kind == kind, data_keys.c.owner_id == owner_id
        )
    ).one_or_none()
    if row is None:
        return None
    place = _place_of_key(masters, kind, owner_id)
    return DataKey(masters.unwrap(row.master_key_id, row.wrapped_key, place))


def data_key_for_writing(
    session: Session, masters: MasterKeys, kind: str, owner_id: int, *, now: datetime
) -> DataKey:
    """Give the data key of a person or another owner, made on first use; of two makers at the same
    time one wins and both use its key.

    Raises:
        TextUnreadable: there is one, and it cannot be unwrapped.
    """
    found = data_key_of(session, masters, kind, owner_id)
    if found is not None:
        return found
    place = _place_of_key(masters, kind, owner_id)
    master_key_id, wrapped = masters.wrap(os.urandom(_KEY_BYTES), place)
    row = {
        "owner_kind": kind,
        "owner_id": owner_id,
        "master_key_id": master_key_id,
        "wrapped_key": wrapped,
        "created_at": now,
    }
    insert_unless_there(session, data_keys, row)
    made = data_key_of(session, masters, kind, owner_id)
    if made is None:
        raise TextUnreadable
    return made


def rewrap_data_keys(session: Session, masters: MasterKeys, *, limit: int) -> int:
    """Wrap up to `limit` data keys by the present master key; give how many. No text is touched,
    and those another process is rewrapping are left to it.

    Raises:
        TextUnreadable: one cannot be opened by the other master key; nothing is written.
    """
    wanted = (
        sa.select(data_keys)
        .where(data_keys.c.master_key_id != masters.present_id)
        .order_by(data_keys.c.owner_kind, data_keys.c.owner_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = session.execute(wanted).all()
    for row in rows:
        place = _place_of_key(masters, row.owner_kind, row.owner_id)
        material = masters.unwrap(row.master_key_id, row.wrapped_key, place)
        master_key_id, wrapped = masters.wrap(material, place)
        session.execute(
            sa.update(data_keys)
            .where(data_keys.c.owner_kind == row.owner_kind, data_keys.c.owner_id == row.owner_id)
            .values(master_key_id=master_key_id, wrapped_key=wrapped)
        )
    return len(rows)


def knows_every_master_key(session: Session, masters: MasterKeys) -> bool:
    """Tell whether every data key is wrapped by a master key this process has."""
    wanted = sa.select(data_keys.c.owner_id).where(data_keys.c.master_key_id.not_in(masters.ids))
    return session.execute(wanted.limit(1)).first() is None


def _place_of_key(masters: MasterKeys, kind: str, owner_id: int) -> Place:
    return Place(
        service=masters.service, table="data_keys", row=f"{kind}:{owner_id}", column="wrapped_key"
    )


def _id_of(master: bytes) -> str:
    return hashlib.sha256(b"hearth text master key id\x1f" + master).hexdigest()[:16]


def _seal(key: bytes, content: bytes, place: Place) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    written_as = BOUND if place.facts else PLACE_ONLY
    return written_as + nonce + AESGCM(key).encrypt(nonce, content, place.associated_data())


def _open(key: bytes, sealed: bytes, place: Place) -> bytes:
    try:
        return _opened(key, sealed, place)
    except InvalidTag as error:
        structlog.get_logger().error("text_refused", where=place.table, reason="not authentic")
        raise TextUnreadable from error


def _opened(key: bytes, sealed: bytes, place: Place) -> bytes:
    written_as = sealed[:1]
    if written_as not in (PLACE_ONLY, BOUND) or len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES:
        raise InvalidTag
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    return AESGCM(key).decrypt(nonce, body, place.associated_data(written_as))
