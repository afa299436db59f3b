"""Idempotency-Key on what writes: the same key, account and route give the same answer and one
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
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import sqlalchemy as sa
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Response, after_this_request, request
from sqlalchemy.orm import Session

from shared import strict_json
from shared.database import insert_unless_there
from shared.errors import Conflict, InvalidRequest
from shared.http.context import chassis, identity_if_any
from shared.http.declared import Declared, View, declares
from shared.http.refusals import IDEMPOTENCY_KEY, REPLAYED
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
    "honours_idempotency_key",
    "idempotency_keys",
    "metadata",
    "prune_idempotency_keys",
    "writing_once",
    "written_once",
]

T = TypeVar("T")
KEPT = timedelta(hours=24)


class IdempotencyKeyReused(Conflict):
    """The key was used before for another body."""

    message = "This Idempotency-Key was used before with another body."
    remedy = "Take a new key for a new request; the same key only for the very same one."


def honours_idempotency_key(view: View) -> View:
    """Describe that an operation reads Idempotency-Key: it runs in `writing_once` or
    `written_once`.
    """
    return declares(
        Declared(
            refusals=(IdempotencyKeyReused,),
            request_headers=(IDEMPOTENCY_KEY,),
            answer_headers=(REPLAYED,),
        )
    )(view)


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
    content: bytes | None = None,
) -> Response:
    """Run `work` in a writing transaction and answer `dump(result)`; with an Idempotency-Key at
    most once. `status` may hang on the result.

    A repeated request answers as the first did, with the header `Idempotency-Replayed: true`. With
    `refound` nothing of the answer is kept: a repeated request answers with the result as it is by
    then. `content` stands for the body where the view has read that from its stream.
    Anonymous callers get no replay: their key is ignored.

    Raises:
        InvalidRequest: the key is longer than 128 characters or not printable ASCII.
        IdempotencyKeyReused: the key stands for another body.
    """
    place = _place_of_request()
    if place is None:
        result = chassis().database.writing(work)
        return _answer(strict_json.dumps(dump(result)), _status_for(status, result))
    spelling = _Spelling(dump, refound)
    body_hash = _body_hash(request.get_data() if content is None else content)

    def once(session: Session) -> tuple[bytes, int, bool]:
        kept = _kept_unless_new(session, place, body_hash)
        if kept is not None:
            return spelling.replayed(session, _box().decrypt(kept.answer)), kept.status, True
        result = work(session)
        body, to_keep = spelling.first(result)
        found_status = _status_for(status, result)
        _keep(session, place, found_status, to_keep)
        return body, found_status, False

    body, found_status, is_replayed = chassis().database.writing(once)
    answer = _answer(body, found_status)
    return _marked(answer) if is_replayed else answer


def written_once(work: Callable[[Session], T], find: Callable[[Session], T]) -> T:
    """Run `work` in a writing transaction and give its result; with an Idempotency-Key at most
    once. Nothing of the result is kept: a repeated request gets what `find` finds by then, and its
    answer the header `Idempotency-Replayed: true`.

    Raises:
        InvalidRequest: the key is longer than 128 characters or not printable ASCII.
        IdempotencyKeyReused: the key stands for another body.
    """
    place = _place_of_request()
    if place is None:
        return chassis().database.writing(work)
    body_hash = _body_hash(request.get_data())

    def once(session: Session) -> tuple[T, bool]:
        if _kept_unless_new(session, place, body_hash) is not None:
            return find(session), True
        result = work(session)
        _keep(session, place, HTTPStatus.OK, b"")
        return result, False

    result, is_replayed = chassis().database.writing(once)
    if is_replayed:
        after_this_request(_marked)
    return result


def _place_of_request() -> dict[str, Any] | None:
    """Give where the request's key stands; None without one, and for anonymous callers.

    Raises:
        InvalidRequest: the key is longer than 128 characters or not printable ASCII.
    """
    key = request.headers.get("Idempotency-Key")
    identity = identity_if_any()
    if key is None or identity is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        raise InvalidRequest(errors={"Idempotency-Key": ["Must be 1 to 128 printable characters."]})
    return {"account_id": identity.account_id, "route": _route(), "key": key}


def _route() -> str:
    """Give the operation, whatever its path names: that belongs to what is asked of it."""
    path = str(request.url_rule) if request.view_args else request.path
    return f"{request.method} {path}"[:200]


def _body_hash(content: bytes) -> str:
    """Hash what is asked for: the body, and what the path names."""
    named = request.path.encode() + b"\n" if request.view_args else b""
    return hmac.new(_secret(b"body"), named + content, hashlib.sha256).hexdigest()


def _kept_unless_new(session: Session, place: dict[str, Any], body_hash: str) -> Any:
    """Give the row that was kept for the key; None when it is new, and stands from now on.

    Raises:
        IdempotencyKeyReused: the key stands for another body.
    """
    now = chassis().clock.now()
    fresh = {"body_hash": body_hash, "status": 0, "answer": b"", "created_at": now}
    if insert_unless_there(session, idempotency_keys, {**place, **fresh}):
        return None
    row = session.execute(sa.select(idempotency_keys).where(_is_at(place))).one()
    if not hmac.compare_digest(row.body_hash, body_hash):
        raise IdempotencyKeyReused
    return row


def _keep(session: Session, place: dict[str, Any], status: int, answer: bytes) -> None:
    session.execute(
        sa.update(idempotency_keys)
        .where(_is_at(place))
        .values(status=status, answer=_box().encrypt(answer))
    )


def _is_at(place: dict[str, Any]) -> sa.ColumnElement[bool]:
    return sa.and_(*(idempotency_keys.c[name] == value for name, value in place.items()))


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
    if status == HTTPStatus.NO_CONTENT:
        return Response(status=status)
    return Response(body, status=status, content_type="application/json")


def _marked(answer: Response) -> Response:
    answer.headers["Idempotency-Replayed"] = "true"
    return answer
