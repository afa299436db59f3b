"""Requests that end before they begin: a head the web server cannot take, answered all the same in
the dialect of its URL, as far as the head can be read.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from gateway.answers import Answer, written
from gateway.errors import Fault

NO_PATH = "*"
MOST_PATH_BYTES = 4096
MOST_VALUE_BYTES = 2048
_READ = frozenset({"accept-language", "origin", "x-forwarded-for", "x-portal-key", "x-request-id"})
_FAULTS = {
    HTTPStatus.REQUEST_URI_TOO_LONG: Fault.URI_TOO_LONG,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: Fault.HEAD_TOO_LARGE,
}


def fault_of(status: int) -> Fault:
    """Give the gateway's word for what the web server would answer."""
    return _FAULTS.get(HTTPStatus(status), Fault.BAD_FRAMING)


def environ_of(head: bytes, address: str) -> dict[str, Any]:
    """Read what can be read of a head: method, path, and the few headers an answer hangs on."""
    line, _, rest = head.partition(b"\r\n")
    words = line.split(b" ")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": words[0].decode("latin-1") if len(words) > 1 else "",
        "PATH_INFO": _path(words[1]) if len(words) > 1 else NO_PATH,
        "REMOTE_ADDR": address,
    }
    for field in rest.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        name, colon, value = field.partition(b":")
        key = name.decode("latin-1").lower()
        if colon and key in _READ and len(value) <= MOST_VALUE_BYTES:
            text = value.decode("latin-1").strip(" \t")
            environ.setdefault(f"HTTP_{key.upper().replace('-', '_')}", text)
    return environ


def _path(target: bytes) -> str:
    """Give the path as WSGI would; of one that is too long its beginning, which tells the place."""
    shown = target[:MOST_PATH_BYTES].decode("latin-1")
    try:
        path = urlsplit(shown).path if "://" in shown else shown.partition("?")[0]
    except ValueError:
        path = NO_PATH
    return unquote_to_bytes(path).decode("latin-1") or NO_PATH


def spelled(answer: Answer, environ: Mapping[str, Any]) -> bytes:
    """Write an answer as bytes; the connection ends with it."""
    lines: list[str] = []

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        lines.append(f"HTTP/1.1 {status}")
        lines.extend(f"{name}: {value}" for name, value in headers)

    body = b"".join(written(answer, environ, start_response))
    head = "\r\n".join([*lines, "Connection: close", "", ""])
    return head.encode("latin-1") + body
