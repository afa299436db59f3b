"""Encryption at rest: one data key per person and per conversation, wrapped by a master key.

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

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Index, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from chat_service.errors import TextUnreadable, UnknownMasterKey
from chat_service.models.tables import IDENTIFIER, Model
from shared.database import UtcDateTime, insert_unless_there

PERSON = "person"
CONVERSATION = "conversation"
PLACE_ONLY, BOUND = b"\x01", b"\x02"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


class StoredDataKey(Model):
    """The wrapped data key of one person or conversation."""

    __tablename__ = "data_keys"
    __table_args__ = (Index(None, "master_key_id"),)

    owner_kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    owner_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    master_key_id: Mapped[str] = mapped_column(String(16))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    def rewrap(self, masters: "MasterKeys") -> None:
        """Wrap the same data key by the present master key."""
        place = _place_of_key(self.owner_kind, self.owner_id)
        material = masters.unwrap(self.master_key_id, self.wrapped_key, place)
        self.master_key_id, self.wrapped_key = masters.wrap(material, place)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a sealed text stands. `row` is the row's natural key, known before it is inserted;
    `facts` are what else of the row must stay true for the text to open.
    """

    table: str
    row: str
    column: str
    facts: tuple[str, ...] = ()

    def associated_data(self, written_as: bytes = BOUND) -> bytes:
        """Spell the place; no part can hold the separator."""
        facts = self.facts if written_as == BOUND else ()
        return "\x1f".join(("chat_service", self.table, self.row, self.column, *facts)).encode()


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
    """The present master key, which wraps, and another one that is still or already readable."""

    def __init__(self, present: bytes, other: bytes | None = None) -> None:
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
    """Give the data key of a person or conversation, or None when nothing was sealed yet.

    Raises:
        TextUnreadable: it cannot be unwrapped.
    """
    row = session.execute(
        select(StoredDataKey.master_key_id, StoredDataKey.wrapped_key).where(
            StoredDataKey.owner_kind == kind, StoredDataKey.owner_id == owner_id
        )
    ).one_or_none()
    if row is None:
        return None
    return DataKey(
        masters.unwrap(row.master_key_id, row.wrapped_key, _place_of_key(kind, owner_id))
    )


def data_key_for_writing(
    session: Session, masters: MasterKeys, kind: str, owner_id: int, *, now: datetime
) -> DataKey:
    """Give the data key of a person or conversation, made on first use; of two makers at the same
    time one wins and both use its key.

    Raises:
        TextUnreadable: there is one, and it cannot be unwrapped.
    """
    found = data_key_of(session, masters, kind, owner_id)
    if found is not None:
        return found
    place = _place_of_key(kind, owner_id)
    master_key_id, wrapped = masters.wrap(os.urandom(_KEY_BYTES), place)
    row = {
        "owner_kind": kind,
        "owner_id": owner_id,
        "master_key_id": master_key_id,
        "wrapped_key": wrapped,
        "created_at": now,
    }
    insert_unless_there(session, StoredDataKey, row)
    made = data_key_of(session, masters, kind, owner_id)
    if made is None:
        raise TextUnreadable
    return made


def _place_of_key(kind: str, owner_id: int) -> Place:
    return Place(table="data_keys", row=f"{kind}:{owner_id}", column="wrapped_key")


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
