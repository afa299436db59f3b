"""Idempotency-Key on creating POSTs: the same key, account and route give the same answer and one
effect.

The key's row is written in the transaction of the effect, so either both stand or neither. Of the
request body only a keyed hash is kept; the answer is kept encrypted, for a day, or where it holds
what people wrote only what finds it again. Never used for login, codes, passwords or cards, whose
answers must not be kept.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import sqlalchemy as sa
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Response, request
from sqlalchemy.orm import Session

from shared import strict_json
from shared.database import insert_unless_there
from shared.errors import Conflict, InvalidRequest
from shared.http.context import chassis, identity_if_any
from shared.idempotency_keys import (
    MAX_KEY_CHARACTERS,
    create_idempotency_table,
    idempotency_keys,
    metadata,
)

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "IdempotencyKeyReused",
    "Refound",
    "create_idempotency_table",
    "idempotency_keys",
    "metadata",
    "prune_idempotency_keys",
    "writing_once",
]

T = TypeVar("T")
KEPT = timedelta(hours=24)


class IdempotencyKeyReused(Conflict):
    """The key was used before for another body."""

    message = "This Idempotency-Key was used before with another body."


@dataclass(frozen=True, kw_only=True)
class Refound(Generic[T]):
    """A result that is not kept: `reference` gives the JSON value that is kept instead, ids only;
    `find` gives the result anew from that value, as it is by then.
    """

    reference: Callable[[T], object]
    find: Callable[[Session, Any], T]


def writing_once(
    work: Callable[[Session], T],
    dump: Callable[[T], object],
    *,
    status: int | Callable[[T], int] = 201,
    refound: Refound[T] | None = None,
) -> Response:
    """Run `work` in a writing transaction and answer `dump(result)`; with an Idempotency-Key at
    most once. `status` may hang on the result.

    A repeated request answers as the first did, with the header `Idempotency-Replayed: true`. With
    `refound` nothing of the answer is kept: a repeated request answers with the result as it is by
    then.
    Anonymous callers get no replay: their key is ignored.

    Raises:
        InvalidRequest: the key is longer than 128 characters or not printable ASCII.
        IdempotencyKeyReused: the key stands for another body.
    """
    key = request.headers.get("Idempotency-Key")
    identity = identity_if_any()
    if key is None or identity is None:
        result = chassis().database.writing(work)
        return _answer(strict_json.dumps(dump(result)), _status_for(status, result))
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        raise InvalidRequest(errors={"Idempotency-Key": ["Must be 1 to 128 printable characters."]})
    account_id = identity.account_id

    def once(session: Session) -> tuple[bytes, int, bool]:
        return _once(session, account_id, key, work, _Spelling(dump, refound), status)

    body, found_status, is_replayed = chassis().database.writing(once)
    answer = _answer(body, found_status)
    if is_replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _once(
    session: Session,
    account_id: int,
    key: str,
    work: Callable[[Session], T],
    spelling: "_Spelling[T]",
    status: int | Callable[[T], int],
) -> tuple[bytes, int, bool]:
    place = {
        "account_id": account_id,
        "route": f"{request.method} {request.path}"[:200],
        "key": key,
    }
    body_hash = hmac.new(_secret(b"body"), request.get_data(), hashlib.sha256).hexdigest()
    fresh = {
        "body_hash": body_hash,
        "status": 0,
        "answer": b"",
        "created_at": chassis().clock.now(),
    }
    is_new = insert_unless_there(session, idempotency_keys, {**place, **fresh})
    where = sa.and_(*(idempotency_keys.c[name] == value for name, value in place.items()))
    if not is_new:
        row = session.execute(sa.select(idempotency_keys).where(where)).one()
        if not hmac.compare_digest(row.body_hash, body_hash):
            raise IdempotencyKeyReused
        return spelling.replayed(session, _box().decrypt(row.answer)), row.status, True
    result = work(session)
    body, kept = spelling.first(result)
    found_status = _status_for(status, result)
    session.execute(
        sa.update(idempotency_keys)
        .where(where)
        .values(status=found_status, answer=_box().encrypt(kept))
    )
    return body, found_status, False


def _status_for(status: int | Callable[[T], int], result: T) -> int:
    return status(result) if callable(status) else status


@dataclass(frozen=True)
class _Spelling(Generic[T]):
    """How a result becomes the answer and what is kept of it."""

    dump: Callable[[T], object]
    refound: Refound[T] | None

    def first(self, result: T) -> tuple[bytes, bytes]:
        """Give the answer and what is kept."""
        body = strict_json.dumps(self.dump(result))
        if self.refound is None:
            return body, body
        return body, strict_json.dumps(self.refound.reference(result))

    def replayed(self, session: Session, kept: bytes) -> bytes:
        """Give the answer to a repeated request."""
        if self.refound is None:
            return kept
        found = self.refound.find(session, strict_json.loads(kept))
        return strict_json.dumps(self.dump(found))


def prune_idempotency_keys(session: Session, now: "datetime") -> int:
    """Delete keys older than a day; gives how many."""
    gone = session.execute(
        sa.delete(idempotency_keys).where(idempotency_keys.c.created_at < now - KEPT)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined] # a CursorResult


def _secret(purpose: bytes) -> bytes:
    material = chassis().settings.internal_key.encode()
    return HKDF(SHA256(), 32, salt=None, info=b"hearth idempotency " + purpose).derive(material)


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_secret(b"answer")))


def _answer(body: bytes, status: int) -> Response:
    return Response(body, status=status, content_type="application/json")
