"""From where a request comes: the person's address as the gateway says, their device, language."""

import unicodedata

from flask import request

from auth_service.domain.accounts import DEFAULT_LOCALE, LOCALES
from auth_service.domain.limits import Caller
from auth_service.domain.login_sessions import Door, Visitor
from auth_service.models.login_sessions import DEVICE_CHARACTERS
from shared.http.addresses import (
    UNKNOWN,
    UnreadableAddress,
    client_of,
    network_of,
    read_address,
)

UNKNOWN_DEVICE = "unknown"


def visitor(door: Door, device: str | None = None) -> Visitor:
    """Describe where the current request comes from."""
    return Visitor(door=door, device=device or _user_agent(), address=client_address())


def caller_of_request() -> Caller:
    """Tell from which network and device the current request comes, as limits count."""
    return Caller(network=network_of(client_address()), user_agent=_user_agent())


def client_address() -> str:
    """Give the address the gateway saw; it alone writes X-Forwarded-For here."""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2]
    for candidate in (forwarded, request.remote_addr or ""):
        try:
            return str(client_of(read_address(candidate)))
        except UnreadableAddress:
            continue
    return UNKNOWN


def wanted_locale(given: str | None) -> str:
    """Give the locale that was named, else the best of Accept-Language, else the default."""
    best = request.accept_languages.best_match(LOCALES, default=DEFAULT_LOCALE)
    return given or best or DEFAULT_LOCALE


def _user_agent() -> str:
    text = request.headers.get("User-Agent", "")
    shown = "".join(each for each in text if unicodedata.category(each)[0] != "C")
    return shown.strip()[:DEVICE_CHARACTERS] or UNKNOWN_DEVICE
