"""What the portal was put together from, found again in a request."""

import gettext
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import current_app

from portal.cookies import CookieJar
from portal.gateway_client import GatewayClient
from shared.clock import Clock

if TYPE_CHECKING:
    from portal.code_lists import CodeLists

EXTENSION = "portal_parts"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The portal's parts."""

    clock: Clock
    gateway: GatewayClient
    jar: CookieJar
    catalogues: Mapping[str, gettext.NullTranslations]
    portal_key: str = field(repr=False)
    leave_url: str
    code_lists: "CodeLists"


def parts() -> Parts:
    """Give the parts of the application that answers now."""
    found: Parts = current_app.extensions[EXTENSION]
    return found
