"""What a request finds on its application: database, clock, settings, token verifier; and who is
calling.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, g

from shared.access_tokens import Identity, TokenVerifier
from shared.clock import Clock
from shared.database import Database
from shared.settings import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

EXTENSION = "hearth"


@dataclass(frozen=True, kw_only=True)
class Chassis:
    """Everything `new_app` hangs on `app.extensions["hearth"]`. `parts` holds the service's own
    clients, by name.
    """

    service: str
    settings: ServiceSettings
    database: Database
    clock: Clock
    verifier: TokenVerifier
    parts: "Mapping[str, object]"


def chassis() -> Chassis:
    """Give the current application's chassis."""
    found: Chassis = current_app.extensions[EXTENSION]
    return found


def database() -> Database:
    """Give the current application's database."""
    return chassis().database


def clock() -> Clock:
    """Give the current application's clock."""
    return chassis().clock


def current_identity() -> Identity:
    """Give the verified caller; only behind an access rule that asks for a token."""
    identity: Identity = g.identity
    return identity


def identity_if_any() -> Identity | None:
    """Give the verified caller, or None where the access rule lets anybody in and no token was
    sent.
    """
    identity: Identity | None = g.get("identity")
    return identity
