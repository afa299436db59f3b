"""The portal's settings, read from the environment once; every missing or bad variable is reported
together.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.settings import DEVELOPMENT_PORTS, PORTAL, SettingsReader, log_level, portal_key

COOKIE_KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the portal knows about its surroundings. Cookies are encrypted with the first of
    `cookie_keys` and read with any of them.
    """

    is_production: bool
    bind_host: str
    port: int
    web_workers: int
    web_threads: int
    gateway_url: str
    portal_key: str = field(repr=False)
    cookie_keys: tuple[bytes, ...] = field(repr=False)
    leave_url: str
    log_level: str

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings.

        Raises:
            BadSettings: with one line for each variable that is missing or bad.
        """
        reader = SettingsReader(os.environ if environment is None else environment)
        settings = cls(
            is_production=reader.is_production,
            bind_host=reader.text("BIND_HOST", default="127.0.0.1"),
            port=reader.integer("PORT", default=DEVELOPMENT_PORTS[PORTAL], maximum=65535),
            web_workers=reader.integer("WEB_WORKERS", default=1, minimum=1, maximum=64),
            web_threads=reader.integer("WEB_THREADS", default=16, minimum=1, maximum=256),
            gateway_url=reader.url(
                "GATEWAY_URL", ("http", "https"), default="http://127.0.0.1:8000"
            ),
            portal_key=portal_key(reader),
            cookie_keys=_cookie_keys(reader),
            leave_url=reader.url("LEAVE_URL", ("https",), default="https://www.yr.no/"),
            log_level=log_level(reader),
        )
        reader.finish()
        return settings


def _cookie_keys(reader: SettingsReader) -> tuple[bytes, ...]:
    present = reader.key_bytes(
        "PORTAL_COOKIE_KEY", "portal-cookie-key.key", length=COOKIE_KEY_BYTES
    )
    if reader.optional_text("PORTAL_COOKIE_KEY_PREVIOUS") is None:
        return (present,)
    previous = reader.key_bytes(
        "PORTAL_COOKIE_KEY_PREVIOUS", "portal-cookie-key-previous.key", length=COOKIE_KEY_BYTES
    )
    return (present, previous)
