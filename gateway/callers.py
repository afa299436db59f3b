"""Who is at the other end: the caller's address, and which of a request's headers go on to a
service.

Everything a caller could use to pretend (`X-User-*`, `X-Forwarded-*`, the internal key) is dropped;
only a peer in `TRUSTED_PROXIES` may say who forwarded what, the portal (by its key) for whom it
asks, and nobody may show the internal key.
"""

import hmac
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import structlog
from werkzeug.http import parse_accept_header

from shared.http.addresses import (
    UNKNOWN,
    Address,
    Network,
    UnreadableAddress,
    client_of,
    network_of,
    read_address,
)

LOCALES = ("ru", "en", "ar")
MAX_NAMED_PEERS = 256
PORTAL_KEY_HEADER = "X-Portal-Key"
_SAFE_IN_PATH = "/!$&'()*+,;=:@-._~"
_SAFE_IN_QUERY = "/?!$&'()*+,;=:@-._~%[]"

_NEVER_SENT_ON = frozenset(
    {
        # hop by hop
        "CONNECTION", "KEEP_ALIVE", "PROXY_AUTHENTICATE", "PROXY_AUTHORIZATION", "PROXY_CONNECTION",
        "TE", "TRAILER", "TRANSFER_ENCODING", "UPGRADE", "EXPECT",
        # said by the gateway itself
        "AUTHORIZATION", "HOST", "X_REQUEST_ID", "X_FORWARDED_FOR",
        # never the caller's to say, or not wanted by any service
        "X_INTERNAL_KEY", "X_PORTAL_KEY", "COOKIE", "ACCEPT_ENCODING", "X_HTTP_METHOD_OVERRIDE",
        "X_METHOD_OVERRIDE", "X_ORIGINAL_URL", "X_REWRITE_URL", "CONTENT_LENGTH", "CONTENT_TYPE",
    }
)  # fmt: skip
_ONLY_FROM_PROXIES = ("X_USER_", "X_FORWARDED_", "X_REAL_IP", "FORWARDED", "VIA")
_NEVER_SENT_BACK = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding",
        "upgrade", "content-length", "server", "date", "set-cookie", "x-request-id",
        "x-internal-key", "x-portal-key",
        "access-control-allow-origin", "access-control-allow-credentials",
        "access-control-allow-methods", "access-control-allow-headers",
        "access-control-expose-headers", "access-control-max-age", "x-content-type-options",
        "x-frame-options", "referrer-policy", "strict-transport-security",
        "cross-origin-resource-policy",
    }
)  # fmt: skip


def decoded_path(environ: Mapping[str, Any]) -> str:
    """Give the request's path as text; a byte that is no UTF-8 becomes a lone surrogate, which no
    path of the table holds.
    """
    raw = str(environ.get("PATH_INFO", "")).encode("latin-1", "replace")
    return raw.decode("utf-8", "surrogateescape") or "/"


def target_of(path: str, query_string: str) -> str:
    """Encode path and query for a service, so that both ends read the same segments."""
    target = quote(path, safe=_SAFE_IN_PATH)
    if not query_string:
        return target
    return f"{target}?{quote(query_string.encode('latin-1', 'replace'), safe=_SAFE_IN_QUERY)}"


class Proxies:
    """Tells trusted peers from others, and whom a chain of them speaks for."""

    def __init__(self, networks: tuple[Network, ...], portal_key: str = "") -> None:
        self._networks = networks
        self._portal_key = portal_key.encode()
        self._named: set[str] = set()

    def is_trusted_peer(self, environ: Mapping[str, Any]) -> bool:
        """Tell whether the connection comes from a trusted proxy."""
        return self.is_trusted(str(environ.get("REMOTE_ADDR", "")))

    def is_trusted(self, address: str) -> bool:
        """Tell whether an address is a trusted proxy's."""
        peer = _read_if_any(address)
        return peer is not None and self._is_trusted(peer)

    def client_address(self, environ: Mapping[str, Any]) -> str:
        """Give the caller's address in its one spelling: the peer's, or the last one in
        `X-Forwarded-For` that is no trusted proxy; where one before that cannot be read, the
        peer's.
        """
        peer = _read_if_any(str(environ.get("REMOTE_ADDR", "")))
        if peer is None:
            return UNKNOWN
        forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
        if not self._is_trusted(peer) and not self._is_portal(environ):
            if forwarded:
                self._name(str(peer))
            return str(client_of(peer))
        for part in reversed(forwarded.split(",")):
            candidate = _read_if_any(part)
            if candidate is None:
                break
            if not self._is_trusted(candidate):
                return str(client_of(candidate))
        return str(client_of(peer))

    def _is_portal(self, environ: Mapping[str, Any]) -> bool:
        """Tell whether the portal speaks, which says for whom it asks and nothing more."""
        shown = str(environ.get("HTTP_X_PORTAL_KEY", "")).encode("latin-1", "replace")
        return bool(self._portal_key) and hmac.compare_digest(shown, self._portal_key)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def _name(self, peer: str) -> None:
        """Tell the operator once who forwards without being trusted: likely a forgotten proxy."""
        network = network_of(peer)
        if network not in self._named and len(self._named) < MAX_NAMED_PEERS:
            self._named.add(network)
            structlog.get_logger().warning(
                "forwarded_for_not_believed", peer=peer, reason="not in TRUSTED_PROXIES"
            )


def _read_if_any(text: str) -> Address | None:
    try:
        return read_address(text)
    except UnreadableAddress:
        return None


def passed_headers(environ: Mapping[str, Any], *, is_trusted: bool) -> Iterator[tuple[str, str]]:
    """Give the request's headers that go on to a service."""
    named_by_connection = _named_by_connection(environ)
    for key, value in environ.items():
        if not key.startswith("HTTP_"):
            continue
        name = key[5:]
        if name in _NEVER_SENT_ON or name in named_by_connection:
            continue
        if not is_trusted and name.startswith(_ONLY_FROM_PROXIES):
            continue
        yield _spelled(name), value
    if environ.get("CONTENT_TYPE"):
        yield "Content-Type", environ["CONTENT_TYPE"]


def _named_by_connection(environ: Mapping[str, Any]) -> frozenset[str]:
    value = environ.get("HTTP_CONNECTION")
    if not value or value.lower() in ("keep-alive", "close"):
        return frozenset()
    return frozenset(part.strip().upper().replace("-", "_") for part in value.split(","))


@lru_cache(maxsize=512)
def _spelled(name: str) -> str:
    return name.replace("_", "-").title()


def returned_headers(headers: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    """Give a service's headers that go back to the caller."""
    for name, value in headers:
        if name.lower() not in _NEVER_SENT_BACK:
            yield name, value


@lru_cache(maxsize=1024)
def best_locale(accept_language: str, default: str) -> str:
    """Give the best of ru, en, ar by `Accept-Language`, or the dialect's own if none is named."""
    for tag, quality in parse_accept_header(accept_language):  # best first, `*` last
        language = tag.partition("-")[0].lower()
        if quality and language in LOCALES:
            return language
    return default
