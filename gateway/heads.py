"""A request's head: what of it is taken, stricter than the web server's parser, and how it is
read into a request.

What two programs could read differently is refused here, before anybody reads it: a bare line feed,
a folded line, a space before a colon, two lengths, a length beside a transfer coding (RFC 9112).
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from gateway.errors import Fault
from gateway.requests import Request

NO_PATH = "*"
MOST_HEAD_BYTES: Final = 32 * 1024
MOST_LINE_BYTES: Final = 4094
MOST_FIELD_BYTES: Final = 8190
MOST_FIELDS: Final = 60
MOST_PATH_BYTES: Final = 4096
MOST_VALUE_BYTES: Final = 2048
END: Final = b"\r\n\r\n"

_READ = frozenset({"accept-language", "origin", "x-forwarded-for", "x-portal-key", "x-request-id"})
_FAULTS = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Fault.BODY_TOO_LARGE,
    HTTPStatus.REQUEST_URI_TOO_LONG: Fault.URI_TOO_LONG,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: Fault.HEAD_TOO_LARGE,
}
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_WHOLE = re.compile(
    rb"(?:\r\n)?[!$%&'*+\-.^_`|~0-9A-Z]{3,20} [\x21-\x7e]+ HTTP/1\.[01]\r\n"
    rb"(?:" + _TOKEN + rb":[^\x00-\x08\x0a-\x1f\x7f]*\r\n)*\r\n"
)
_FRAMING = re.compile(
    rb"\r\n(content-length|transfer-encoding|expect|host|content-type):[ \t]*([^\r]*)",
    re.IGNORECASE,
)
_UPGRADE = re.compile(rb"\r\nupgrade:[^\r]*", re.IGNORECASE)
_ONCE = (b"content-length", b"transfer-encoding", b"host", b"content-type")
_CONTINUE = b"100-continue"
_MOST_DIGITS = 18
_PARSED_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STAND_IN = b"PATCH"


@dataclass(frozen=True, kw_only=True, slots=True)
class Framing:
    """What is asked by a head that is taken, and what follows it: a body of so many bytes, or a
    chunked one (`body_bytes` is None); and whether the sender waits to be told to go on.
    """

    method: str
    body_bytes: int | None
    is_awaited: bool


class HeadRefused(Exception):
    """A head that is not taken; `status` is what HTTP says of it."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


def judged_part(arrived: bytearray) -> None:
    """Judge what there is of a head whose end has not come.

    Raises:
        HeadRefused: it never can be one: too long, or a bare line feed.
    """
    if len(arrived) >= MOST_HEAD_BYTES:
        raise HeadRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    if len(arrived) > MOST_LINE_BYTES + 2 and b"\r\n" not in arrived:
        raise HeadRefused(HTTPStatus.REQUEST_URI_TOO_LONG)
    if arrived.count(b"\n") != arrived.count(b"\r\n"):
        raise HeadRefused(HTTPStatus.BAD_REQUEST)


def judged_head(head: bytes) -> Framing:
    """Judge a whole head, its empty line included.

    Raises:
        HeadRefused: 414 and 431 for what is too long or too many, 417 and 501 for what is not known
            here, 400 for everything that is not plain HTTP/1.
    """
    _refuse_too_much(head)
    if _WHOLE.fullmatch(head) is None:
        raise HeadRefused(HTTPStatus.BAD_REQUEST)
    found: dict[bytes, bytes] = {}
    for name, value in _FRAMING.findall(head):
        name = name.lower()
        if name in found and name in _ONCE:
            raise HeadRefused(HTTPStatus.BAD_REQUEST)
        found[name] = value.rstrip(b" \t")
    is_old = b" HTTP/1.0\r\n" in head
    return Framing(
        method=head.lstrip(b"\r\n").partition(b" ")[0].decode(),
        body_bytes=_body_bytes(found, is_old=is_old),
        is_awaited=_is_awaited(found) and not is_old,
    )


def _refuse_too_much(head: bytes) -> None:
    if len(head) > MOST_HEAD_BYTES:
        raise HeadRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    line = head.removeprefix(b"\r\n").find(b"\r\n")
    if line > MOST_LINE_BYTES:
        raise HeadRefused(HTTPStatus.REQUEST_URI_TOO_LONG)
    is_large = len(head) > MOST_FIELD_BYTES and any(
        len(field) + 2 > MOST_FIELD_BYTES for field in head[line:].split(b"\r\n")
    )
    if is_large or head.count(b"\r\n") - 2 > MOST_FIELDS:
        raise HeadRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


def _body_bytes(found: dict[bytes, bytes], *, is_old: bool) -> int | None:
    length, coding = found.get(b"content-length"), found.get(b"transfer-encoding")
    if coding is not None:
        if coding.lower() != b"chunked":
            raise HeadRefused(HTTPStatus.NOT_IMPLEMENTED)
        if length is not None or is_old:
            raise HeadRefused(HTTPStatus.BAD_REQUEST)
        return None
    if length is None:
        return 0
    if not length.isdigit():
        raise HeadRefused(HTTPStatus.BAD_REQUEST)
    if len(length) > _MOST_DIGITS:
        raise HeadRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(length)


def _is_awaited(found: dict[bytes, bytes]) -> bool:
    expected = found.get(b"expect")
    if expected is None:
        return False
    if expected.lower() != _CONTINUE:
        raise HeadRefused(HTTPStatus.EXPECTATION_FAILED)
    return True


def plain_head(head: bytes, method: str) -> bytes:
    """Give a judged head as the parser understands it. It would take what follows an `Upgrade` for
    another protocol's (the wish may be ignored: RFC 9110, 7.8), as after CONNECT, and knows no
    methods but the registered ones; all of them are the table's to refuse.
    """
    head = _UPGRADE.sub(b"", head)
    return head if method in _PARSED_METHODS else head.replace(method.encode(), _STAND_IN, 1)


def fault_of(status: int) -> Fault:
    """Give the gateway's word for what the web server would answer."""
    return _FAULTS.get(HTTPStatus(status), Fault.BAD_FRAMING)


def request_of_taken(
    method: str, target: str, headers: tuple[tuple[bytes, bytes], ...], peer: str
) -> Request:
    """Read a head that was taken. A name with an underscore is left out: it could pass for another
    one once a program spells both alike.
    """
    path, query = _split(target)
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = raw_name.decode("latin-1").lower()
        if "_" in name:
            continue
        value = raw_value.decode("latin-1")
        found[name] = f"{found[name]},{value}" if name in found else value
    return Request(method=method, path=_decoded(path), query=query, headers=found, peer=peer)


def _split(target: str) -> tuple[str, str]:
    """Give path and query; of a whole address only those count."""
    if not target.startswith("/") and "://" in target:
        try:
            parts = urlsplit(target)
        except ValueError:
            return NO_PATH, ""
        return parts.path or "/", parts.query
    path, _, query = target.partition("#")[0].partition("?")
    return path, query


def request_of_refused(head: bytes, peer: str) -> Request:
    """Read what can be read of a head that was not taken: method, path, and the few headers an
    answer hangs on.
    """
    line, _, rest = head.removeprefix(b"\r\n").partition(b"\r\n")
    words = line.split(b" ")
    is_line = len(words) > 1
    found: dict[str, str] = {}
    for field in rest.partition(END)[0].split(b"\r\n"):
        raw_name, colon, value = field.partition(b":")
        name = raw_name.decode("latin-1").lower()
        if colon and name in _READ and len(value) <= MOST_VALUE_BYTES:
            found.setdefault(name, value.decode("latin-1").strip(" \t"))
    return Request(
        method=words[0].decode("latin-1") if is_line else "",
        path=_path(words[1]) if is_line else NO_PATH,
        headers=found,
        peer=peer,
    )


def _path(target: bytes) -> str:
    """Give the path; of one that is too long its beginning, which tells the place."""
    shown = target[:MOST_PATH_BYTES].decode("latin-1")
    try:
        path = urlsplit(shown).path if "://" in shown else shown.partition("?")[0]
    except ValueError:
        path = NO_PATH
    return _decoded(path) if path else NO_PATH


def _decoded(path: str) -> str:
    """Decode a path; a byte that is no UTF-8 becomes a lone surrogate, which no path of the table
    holds.
    """
    if "%" not in path and path.isascii():
        return path or "/"
    return unquote_to_bytes(path.encode("latin-1", "replace")).decode("utf-8", "surrogateescape")
