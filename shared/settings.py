"""Reading settings from the environment: every missing or bad variable is reported at once.

A variable may also be given as `NAME_FILE`, the path of a file that holds the value (container
secrets). In development a missing key is read
from `$DATA_DIR/keys/`, where `python -m shared.keys make` writes them; production knows no such
default.
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import jwt

from shared.access_tokens import PublicKeys
from shared.time_zones import time_zones

FEWEST_DIFFERENT_BYTES = 8
# Words of examples, templates and hands; chance does not bring them into a random key.
_TYPED = re.compile(
    rb"example|change.?(me|it|this)|placeholder|secret|passw|replace|default|insecure|dummy|sample|"
    rb"characters|production|development|hearth|your.key|qwerty|letmein",
    re.IGNORECASE,
)

T = TypeVar("T")

SERVICES = ("auth", "profile", "booking", "chat", "notification")
PORTAL = "portal"
DEVELOPMENT_PORTS = {
    "auth": 8001,
    "profile": 8002,
    "booking": 8003,
    "chat": 8004,
    "notification": 8005,
    PORTAL: 8006,
}


class BadSettings(Exception):
    """One or more variables are missing or bad; the message has one line for each, never a
    value.
    """


class SettingsReader:
    """Collects values and complaints; `finish()` raises once with all of them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._complaints: list[str] = []
        self.is_production = (
            self.choice("HEARTH_ENV", ("development", "production"), default="development")
            == "production"
        )
        self.data_directory = Path(self.text("DATA_DIR", default="data"))

    def complain(self, name: str, reason: str) -> None:
        """Note that a variable cannot be used; the reason must not hold its value."""
        self._complaints.append(f"{name}: {reason}")

    def finish(self) -> None:
        """Raise BadSettings when anything was wrong."""
        if self._complaints:
            raise BadSettings("\n".join(self._complaints))

    def _raw(self, name: str) -> str | None:
        value = self._environment.get(name)
        if value:
            return value
        path = self._environment.get(f"{name}_FILE")
        if not path:
            return None
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self.complain(f"{name}_FILE", "the file cannot be read")
            return None

    def _parsed(self, name: str, parse: Callable[[str], T], default: T | None, wanted: str) -> T:
        raw = self._raw(name)
        if raw is None:
            if default is None:
                self.complain(name, "is missing")
                return None  # type: ignore[return-value] # finish() raises before anybody sees it
            return default
        try:
            return parse(raw)
        except ValueError:
            self.complain(name, f"must be {wanted}")
            return default  # type: ignore[return-value] # finish() raises before anybody sees it

    def text(self, name: str, *, default: str | None = None) -> str:
        """Read a string."""
        return self._parsed(name, str, default, "text")

    def optional_text(self, name: str) -> str | None:
        """Read a string that may be absent."""
        return self._raw(name)

    def integer(
        self, name: str, *, default: int | None = None, minimum: int = 0, maximum: int = 2**31
    ) -> int:
        """Read a whole number within bounds, both inclusive."""

        def parse(raw: str) -> int:
            number = int(raw)
            if not minimum <= number <= maximum:
                raise ValueError
            return number

        return self._parsed(name, parse, default, f"a whole number from {minimum} to {maximum}")

    def number(self, name: str, *, default: float, minimum: float, maximum: float) -> float:
        """Read a decimal number within bounds, both inclusive."""

        def parse(raw: str) -> float:
            number = float(raw)
            if not minimum <= number <= maximum:
                raise ValueError
            return number

        return self._parsed(name, parse, default, f"a number from {minimum} to {maximum}")

    def flag(self, name: str, *, default: bool) -> bool:
        """Read `on`, `true`, `1`, `yes` or their opposites."""
        words = {"on": True, "true": True, "1": True, "yes": True}
        words |= {"off": False, "false": False, "0": False, "no": False}

        def parse(raw: str) -> bool:
            if raw.lower() not in words:
                raise ValueError
            return words[raw.lower()]

        return self._parsed(name, parse, default, "on or off")

    def choice(self, name: str, allowed: tuple[str, ...], *, default: str | None = None) -> str:
        """Read one of the allowed words."""

        def parse(raw: str) -> str:
            if raw not in allowed:
                raise ValueError
            return raw

        return self._parsed(name, parse, default, "one of " + ", ".join(allowed))

    def listed(self, name: str) -> tuple[str, ...]:
        """Read a comma-separated list; absent is empty."""
        return tuple(part.strip() for part in (self._raw(name) or "").split(",") if part.strip())

    def url(self, name: str, schemes: tuple[str, ...], *, default: str | None = None) -> str:
        """Read a URL with one of the schemes."""

        def parse(raw: str) -> str:
            if urlsplit(raw).scheme not in schemes:
                raise ValueError
            return raw.rstrip("/") if "http" in schemes else raw

        return self._parsed(name, parse, default, "a URL beginning with " + ", ".join(schemes))

    def zone(self, name: str, *, default: str) -> ZoneInfo:
        """Read an IANA time zone."""

        def parse(raw: str) -> ZoneInfo:
            if raw not in time_zones():
                raise ValueError
            return ZoneInfo(raw)

        return self._parsed(name, parse, ZoneInfo(default), "an IANA time zone")

    def key(self, name: str, filename: str) -> str:
        """Read key material: the variable, else in development the file
        `$DATA_DIR/keys/<filename>`.
        """
        raw = self._raw(name)
        path = self.data_directory / "keys" / filename
        if raw is None and not self.is_production and path.is_file():
            raw = path.read_text(encoding="utf-8").strip()
        if raw is None:
            hint = (
                f" (there is no {path}: is DATA_DIR right? `python -m shared.keys make` writes one)"
            )
            self.complain(name, "is missing" if self.is_production else f"is missing{hint}")
            return ""
        return raw

    def optional_key(self, name: str, filename: str) -> str | None:
        """Read key material that may be absent."""
        path = self.data_directory / "keys" / filename
        raw = self._raw(name)
        if raw is None and not self.is_production and path.is_file():
            return path.read_text(encoding="utf-8").strip()
        return raw

    def key_bytes(self, name: str, filename: str, *, length: int) -> bytes:
        """Read base64 key material of exactly `length` bytes."""
        raw = self.key(name, filename)
        try:
            material = base64.b64decode(raw, validate=True)
        except (binascii.Error, ValueError):
            material = b""
        if raw and len(material) != length:
            self.complain(name, f"must be base64 of {length} bytes")
        elif raw:
            self._refuse_guessable(name, material)
        return material

    def public_url(self, name: str, *, default: str | None) -> str:
        """Read a URL people reach us by: in production `https` only, but on this machine itself."""
        url = self.url(name, ("http", "https"), default=default)
        if self.is_production and url and url.startswith("http:") and not _is_this_machine(url):
            self.complain(name, "must begin with https://: tokens and passwords pass there")
        return url

    def secret_text(self, name: str, filename: str, *, length: int) -> str:
        """Read a secret of at least `length` characters."""
        raw = self.key(name, filename)
        if raw and len(raw) < length:
            self.complain(name, f"must have at least {length} characters")
        elif raw:
            self._refuse_guessable(name, raw.encode())
        return raw

    def _refuse_guessable(self, name: str, material: bytes) -> None:
        if self.is_production and _is_guessable(material):
            self.complain(name, "is no secret: make a random one (`python -m shared.keys make`)")

    def public_keys(self) -> str:
        """Read TOKEN_PUBLIC_KEYS, a JWKS document; production needs a usable key in it."""
        raw = self.key("TOKEN_PUBLIC_KEYS", "token-public-keys.json")
        if not raw:
            return raw
        try:
            count = len(PublicKeys(raw))
        except (ValueError, TypeError, AttributeError, jwt.PyJWTError):
            self.complain("TOKEN_PUBLIC_KEYS", "must be a JWKS document")
        else:
            if self.is_production and not count:
                self.complain("TOKEN_PUBLIC_KEYS", "holds no Ed25519 or RSA key with a kid")
        return raw

    def redis_url(self) -> str | None:
        """Read REDIS_URL, which may be absent."""
        raw = self._raw("REDIS_URL")
        if raw is not None and not _is_redis_url(raw):
            self.complain("REDIS_URL", "must be redis://[user:password@]host[:port][/database]")
        elif raw is not None and self.is_production and _is_open_redis(raw):
            self.complain("REDIS_URL", "a server on another host needs a password")
        return raw


def _is_guessable(material: bytes) -> bool:
    """Tell whether somebody typed this: few different bytes, one piece again and again, bytes
    in a row, or words of an example.
    """
    steps = {(after - before) % 256 for before, after in pairwise(material)}
    is_repeated = material in (material + material)[1:-1]
    has_words = _TYPED.search(material) is not None
    return (
        len(set(material)) < FEWEST_DIFFERENT_BYTES or is_repeated or len(steps) == 1 or has_words
    )


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_open_redis(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme != "unix" and not parts.password and not _is_this_machine(url)


def is_in_clear(url: str) -> bool:
    """Tell whether a mail server's URL has a password that would cross the network unencrypted."""
    parts = urlsplit(url)
    return parts.scheme == "smtp" and parts.password is not None and not _is_this_machine(url)


def _is_redis_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if parts.scheme == "unix":
        return bool(parts.path)
    database = parts.path.strip("/")
    is_number = not database or (database.isascii() and database.isdigit())
    return parts.scheme in ("redis", "rediss") and bool(parts.hostname) and has_port and is_number


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """What every service with a database reads; each service's own Settings inherits it."""

    is_production: bool
    bind_host: str
    port: int
    web_workers: int
    web_threads: int
    data_directory: Path
    public_url: str
    database_url: str = field(repr=False)
    migration_database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    auth_url: str
    profile_url: str
    booking_url: str
    chat_url: str
    notification_url: str
    token_public_keys: str = field(repr=False)
    internal_key: str = field(repr=False)
    service_time_zone: ZoneInfo
    log_level: str
    has_relay_nudge: bool
    rate_limit_scale: float


def service_values(reader: SettingsReader, service: str) -> dict[str, object]:
    """Read the fields of ServiceSettings for `auth`, `profile`, `booking`, `chat` or
    `notification`.
    """
    return {
        "is_production": reader.is_production,
        "bind_host": reader.text("BIND_HOST", default="127.0.0.1"),
        "port": reader.integer("PORT", default=DEVELOPMENT_PORTS[service], maximum=65535),
        "web_workers": reader.integer("WEB_WORKERS", default=1, minimum=1, maximum=64),
        "web_threads": reader.integer("WEB_THREADS", default=16, minimum=1, maximum=256),
        "data_directory": reader.data_directory,
        "public_url": reader.public_url("PUBLIC_URL", default="http://127.0.0.1:8000"),
        "database_url": _database_url(reader, service),
        "migration_database_url": _migration_database_url(reader, service),
        "broker_url": broker_url(reader),
        **upstream_urls(reader),
        "token_public_keys": reader.public_keys(),
        "internal_key": internal_key(reader),
        "service_time_zone": reader.zone("SERVICE_TIME_ZONE", default="Europe/Budapest"),
        "log_level": log_level(reader),
        "has_relay_nudge": reader.flag("RELAY_NUDGE", default=True),
        "rate_limit_scale": rate_limit_scale(reader),
    }


MASTER_KEY_BYTES = 32


def master_key_values(reader: SettingsReader) -> dict[str, object]:
    """Read the master keys of encrypted texts, for a service that keeps any."""
    return {
        "text_master_key": reader.key_bytes(
            "TEXT_MASTER_KEY", "text-master-key.key", length=MASTER_KEY_BYTES
        ),
        "text_master_key_previous": _previous_master_key(reader),
    }


def _previous_master_key(reader: SettingsReader) -> bytes | None:
    name = "TEXT_MASTER_KEY_PREVIOUS"
    written = reader.optional_key(name, "text-master-key-previous.key")
    if written is None:
        return None
    try:
        material = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        material = b""
    if len(material) != MASTER_KEY_BYTES:
        reader.complain(name, f"must be base64 of {MASTER_KEY_BYTES} bytes")
    return material


def upstream_urls(reader: SettingsReader) -> dict[str, str]:
    """Read AUTH_URL, PROFILE_URL … with their development defaults."""
    return {
        f"{name}_url": reader.url(
            f"{name.upper()}_URL",
            ("http", "https"),
            default=f"http://127.0.0.1:{DEVELOPMENT_PORTS[name]}",
        )
        for name in SERVICES
    }


def internal_key(reader: SettingsReader) -> str:
    """Read INTERNAL_KEY, the secret the gateway and the services show each other; at least 32
    characters.
    """
    return reader.secret_text("INTERNAL_KEY", "internal-key.key", length=32)


def portal_key(reader: SettingsReader) -> str:
    """Read PORTAL_KEY, the secret by which gateway and portal know each other when one tells the
    other whom it speaks for; at least 32 characters.
    """
    return reader.secret_text("PORTAL_KEY", "portal-key.key", length=32)


def log_level(reader: SettingsReader) -> str:
    """Read LOG_LEVEL."""
    return reader.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO")


def rate_limit_scale(reader: SettingsReader) -> float:
    """Read RATE_LIMIT_SCALE: 20 by default in development; production is 1 and refuses more."""
    default = 1.0 if reader.is_production else 20.0
    maximum = 1.0 if reader.is_production else 1_000_000.0
    return reader.number("RATE_LIMIT_SCALE", default=default, minimum=0.01, maximum=maximum)


def _database_url(reader: SettingsReader, service: str) -> str:
    own = reader.optional_text(f"{service.upper()}_DATABASE_URL")
    template = reader.optional_text("DATABASE_URL_TEMPLATE")
    name = f"{service.upper()}_DATABASE_URL"
    url = own or (template.replace("{service}", service) if template else None)
    if url is None:
        if reader.is_production:
            reader.complain(name, "is missing (or give DATABASE_URL_TEMPLATE)")
        return f"sqlite:///{reader.data_directory.absolute()}/{service}.sqlite3"
    if not url.startswith(("postgresql://", "postgresql+psycopg://", "sqlite:///")):
        reader.complain(name, "must begin with postgresql:// or sqlite:///")
    if reader.is_production and url.startswith("sqlite"):
        reader.complain(name, "SQLite is not for production")
    return url


def _migration_database_url(reader: SettingsReader, service: str) -> str:
    """Read the same database as the role that owns its tables; the service's own by default."""
    name = f"{service.upper()}_MIGRATION_DATABASE_URL"
    url = reader.optional_text(name)
    if url is None:
        return _database_url(reader, service)
    if not url.startswith(("postgresql://", "postgresql+psycopg://")):
        reader.complain(name, "must begin with postgresql://")
    return url


def broker_url(reader: SettingsReader) -> str:
    """Read `BROKER_URL`: the embedded bus in DATA_DIR by default, never in production."""
    default = f"sqlite:///{reader.data_directory.absolute()}/bus.sqlite3"
    url = reader.url(
        "BROKER_URL",
        ("amqp", "amqps", "sqlite"),
        default=None if reader.is_production else default,
    )
    if reader.is_production and url and url.startswith("sqlite"):
        reader.complain("BROKER_URL", "the embedded bus is not for production")
    elif reader.is_production and url and _has_well_known_account(url):
        reader.complain("BROKER_URL", "the account guest with the password guest is everybody's")
    return url


def _has_well_known_account(url: str) -> bool:
    """Tell whether an AMQP URL names `guest`, or nobody: then clients say guest, too."""
    parts = urlsplit(url)
    given = (unquote(parts.username or "guest"), unquote(parts.password or "guest"))
    return given == ("guest", "guest")
