"""Who is at the other end: the caller's address, and which of a request's headers go on to a
service.

Everything a caller could use to pretend (`X-User-*`, `X-Forwarded-*`, the internal key) is dropped;
only a peer in `TRUSTED_PROXIES` may say who forwarded what, the portal (by its key) for whom it
asks, and nobody may show the internal key.
"""

import hmac
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote

import structlog
from werkzeug.http import parse_accept_header

from gateway.requests import Request
from shared.http.addresses import (
    UNKNOWN,
    Address,
    Network,
    UnreadableAddress,
    client_of,
    network_of,
    read_address,
)
from shared.logs import current_correlation_id

LOCALES = ("ru", "en", "ar")
MAX_NAMED_PEERS = 256
PORTAL_KEY_HEADER = "X-Portal-Key"
_SAFE_IN_PATH = "/!$&'()*+,;=:@-._~"
_SAFE_IN_QUERY = "/?!$&'()*+,;=:@-._~%[]"

_NEVER_SENT_ON = frozenset(
    {
        # hop by hop
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
        "te", "trailer", "transfer-encoding", "upgrade", "expect",
        # said by the gateway itself
        "authorization", "host", "x-request-id", "x-forwarded-for",
        # never the caller's to say, or not wanted by any service
        "x-internal-key", "x-portal-key", "cookie", "accept-encoding", "x-http-method-override",
        "x-method-override", "x-original-url", "x-rewrite-url", "content-length",
    }
)  # fmt: skip
_ONLY_FROM_PROXIES = ("x-user-", "x-forwarded-", "x-real-ip", "forwarded", "via")
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

    def is_trusted(self, address: str) -> bool:
        """Tell whether an address is a trusted proxy's."""
        peer = _read_if_any(address)
        return peer is not None and self._is_trusted(peer)

    def client_address(self, request: Request) -> str:
        """Give the caller's address in its one spelling: the peer's, or the last one in
        `X-Forwarded-For` that is no trusted proxy; where one before that cannot be read, the
        peer's.
        """
        peer = _read_if_any(request.peer)
        if peer is None:
            return UNKNOWN
        forwarded = request.header("x-forwarded-for")
        if not self._is_trusted(peer) and not self._is_portal(request):
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

    def _is_portal(self, request: Request) -> bool:
        """Tell whether the portal speaks, which says for whom it asks and nothing more."""
        shown = request.header("x-portal-key").encode("latin-1", "replace")
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


def own_headers(request: Request, token: str | None) -> list[tuple[str, str]]:
    """Give what the gateway tells every service: the token, the request's id, the caller's
    address.
    """
    headers = [
        ("X-Request-ID", current_correlation_id() or ""),
        ("X-Forwarded-For", request.address),
    ]
    if token is not None:
        headers.append(("Authorization", f"Bearer {token}"))
    return headers


def passed_headers(request: Request, proxies: Proxies) -> Iterator[tuple[str, str]]:
    """Give the request's headers that go on to a service."""
    named_by_connection = _named_by_connection(request.header("connection"))
    is_trusted = proxies.is_trusted(request.peer)
    for name, value in request.headers.items():
        if name in _NEVER_SENT_ON or name in named_by_connection:
            continue
        if not is_trusted and name.startswith(_ONLY_FROM_PROXIES):
            continue
        if value or name != "content-type":
            yield _spelled(name), value


def _named_by_connection(value: str) -> frozenset[str]:
    if not value or value.lower() in ("keep-alive", "close"):
        return frozenset()
    return frozenset(part.strip().lower() for part in value.split(","))


@lru_cache(maxsize=512)
def _spelled(name: str) -> str:
    return name.title()


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
