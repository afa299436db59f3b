"""The gateway's settings, read from the environment once; every missing or bad variable is reported
together.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from shared.http.addresses import Network, read_network
from shared.settings import (
    DEVELOPMENT_PORTS,
    PORTAL,
    SERVICES,
    SettingsReader,
    broker_url,
    internal_key,
    log_level,
    portal_key,
    rate_limit_scale,
    upstream_urls,
)

_WIDEST_IPV4, _WIDEST_IPV6 = 8, 20


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the gateway knows about its surroundings. `cors_origins` is exact; `has_localhost_cors`
    admits any port of this machine.
    """

    is_production: bool
    bind_host: str
    port: int
    web_workers: int
    web_threads: int
    connections_per_network: int
    data_directory: Path
    public_url: str
    upstream_urls: Mapping[str, str]
    portal_url: str
    redis_url: str | None = field(repr=False)
    broker_url: str = field(repr=False)
    internal_key: str = field(repr=False)
    portal_key: str = field(repr=False)
    token_public_keys: str = field(repr=False)
    service_time_zone: ZoneInfo
    cors_origins: frozenset[str]
    has_localhost_cors: bool
    trusted_proxies: tuple[Network, ...]
    rate_limit_scale: float
    log_level: str
    metrics_host: str
    metrics_port: int

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings.

        Raises:
            BadSettings: with one line for each variable that is missing or bad.
        """
        reader = SettingsReader(os.environ if environment is None else environment)
        cors_origins = frozenset(reader.listed("CORS_ORIGINS"))
        urls = upstream_urls(reader)
        settings = cls(
            is_production=reader.is_production,
            bind_host=reader.text("BIND_HOST", default="127.0.0.1"),
            port=reader.integer("PORT", default=8000, minimum=1, maximum=65535),
            web_workers=reader.integer("WEB_WORKERS", default=1, minimum=1, maximum=64),
            web_threads=reader.integer("WEB_THREADS", default=128, minimum=8, maximum=512),
            connections_per_network=reader.integer(
                "CONNECTIONS_PER_NETWORK", default=500, minimum=1, maximum=100_000
            ),
            data_directory=reader.data_directory,
            public_url=reader.public_url("PUBLIC_URL", default="http://127.0.0.1:8000"),
            upstream_urls={name: urls[f"{name}_url"] for name in SERVICES},
            portal_url=reader.url(
                "PORTAL_URL",
                ("http", "https"),
                default=f"http://127.0.0.1:{DEVELOPMENT_PORTS[PORTAL]}",
            ),
            redis_url=reader.redis_url(),
            broker_url=broker_url(reader),
            internal_key=internal_key(reader),
            portal_key=_portal_key_if_any(reader),
            token_public_keys=reader.public_keys(),
            service_time_zone=reader.zone("SERVICE_TIME_ZONE", default="Europe/Budapest"),
            cors_origins=cors_origins,
            has_localhost_cors=not cors_origins and not reader.is_production,
            trusted_proxies=_networks(reader),
            rate_limit_scale=rate_limit_scale(reader),
            log_level=log_level(reader),
            metrics_host=reader.text("METRICS_HOST", default="127.0.0.1"),
            metrics_port=reader.integer("METRICS_PORT", default=0, maximum=65535),
        )
        _check_together(reader, settings)
        reader.finish()
        return settings


def _portal_key_if_any(reader: SettingsReader) -> str:
    """Read PORTAL_KEY; without it the portal is a caller like any other, and all its visitors are
    one.
    """
    is_given = reader.optional_key("PORTAL_KEY", "portal-key.key") is not None
    return portal_key(reader) if is_given else ""


def _networks(reader: SettingsReader) -> tuple[Network, ...]:
    found: list[Network] = []
    for text in reader.listed("TRUSTED_PROXIES"):
        try:
            found.append(read_network(text))
        except ValueError:
            reader.complain("TRUSTED_PROXIES", "must list addresses or networks")
    return tuple(found)


def _check_together(reader: SettingsReader, settings: Settings) -> None:
    if settings.web_workers > 1 and settings.redis_url is None:
        reader.complain(
            "WEB_WORKERS",
            "more than one process needs REDIS_URL, or limits would be counted per process",
        )
    if any(origin == "*" or not origin.startswith("http") for origin in settings.cors_origins):
        reader.complain("CORS_ORIGINS", "must list exact origins such as https://example.org")
    if reader.is_production and any(_is_everybody(each) for each in settings.trusted_proxies):
        reader.complain("TRUSTED_PROXIES", "must name proxies: this would believe everybody")
    if settings.metrics_port and settings.metrics_port == settings.port:
        reader.complain("METRICS_PORT", "must not be the public port")


def _is_everybody(network: Network) -> bool:
    """Tell whether a network is wider than any that proxies stand in: 10.0.0.0/8 is the widest
    private one, a provider's block of IPv6 is a /20 at most.
    """
    return network.prefixlen < (_WIDEST_IPV4 if network.version == 4 else _WIDEST_IPV6)
