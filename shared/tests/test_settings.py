"""Settings: everything wrong is said at once, secrets may be files, production knows no
defaults.
"""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from auth_service.settings import Settings as AuthSettings
from booking_service.settings import Settings as BookingSettings
from chat_service.settings import Settings as ChatSettings
from deploy.compose.make_secrets import make_secrets
from gateway.settings import Settings as GatewaySettings
from notification_service.settings import Settings as NotificationSettings
from portal.settings import Settings as PortalSettings
from profile_service.settings import Settings as ProfileSettings
from shared.keys import make_development_keys
from shared.settings import SERVICES, BadSettings, SettingsReader

ALL: dict[str, Any] = {
    "auth": AuthSettings, "profile": ProfileSettings, "booking": BookingSettings,
    "chat": ChatSettings, "notification": NotificationSettings, "gateway": GatewaySettings,
    "portal": PortalSettings,
}  # fmt: skip


def test_every_complaint_is_made_at_once_and_names_no_value(tmp_path: Path) -> None:
    environment = {
        "DATA_DIR": str(tmp_path), "PORT": "many", "SERVICE_TIME_ZONE": "Mars/Olympus",
        "LOG_LEVEL": "LOUD", "BROKER_URL": "ftp://somewhere", "INTERNAL_KEY": "tooshortsecret",
    }  # fmt: skip
    with pytest.raises(BadSettings) as refused:
        BookingSettings.from_env(environment)
    text = str(refused.value)
    for name in (*list(environment)[1:], "TOKEN_PUBLIC_KEYS"):
        assert f"{name}: " in text
    for value in ("many", "Mars", "LOUD", "ftp", "tooshortsecret"):
        assert value not in text


@pytest.mark.parametrize("service", ALL)
def test_development_needs_nothing_but_keys(tmp_path: Path, service: str) -> None:
    make_development_keys(tmp_path / "keys")
    settings = ALL[service].from_env({"DATA_DIR": str(tmp_path)})
    assert settings.is_production is False


@pytest.mark.parametrize("service", ALL)
def test_production_refuses_to_start_on_defaults(tmp_path: Path, service: str) -> None:
    make_development_keys(tmp_path / "keys")
    with pytest.raises(BadSettings) as refused:
        ALL[service].from_env({"DATA_DIR": str(tmp_path), "HEARTH_ENV": "production"})
    key = "PORTAL_KEY" if service == "portal" else "INTERNAL_KEY"
    assert f"{key}: is missing" in str(refused.value)


def test_production_refuses_the_embedded_bus_the_mail_folder_and_raised_limits(
    tmp_path: Path,
) -> None:
    environment = {
        "DATA_DIR": str(tmp_path), "HEARTH_ENV": "production",
        "BROKER_URL": "sqlite:////tmp/bus.sqlite3", "MAIL_URL": "file:///tmp/mailbox",
        "RATE_LIMIT_SCALE": "2",
    }  # fmt: skip
    with pytest.raises(BadSettings) as refused:
        NotificationSettings.from_env(environment)
    lines = {line.partition(":")[0] for line in str(refused.value).splitlines()}
    assert {"BROKER_URL", "MAIL_URL", "RATE_LIMIT_SCALE"} <= lines


EXAMPLES = dict(
    line.removeprefix("#").split("=", 1)
    for line in (Path(__file__).parents[2] / ".env.example")
    .read_text(encoding="utf-8")
    .splitlines()
    if line.startswith(("#INTERNAL_KEY=", "#PORTAL_KEY="))
)
GUESSABLE = {
    "constant": b"k" * 32,
    "few different bytes": b"abcdefg" * 4 + b"gfed",
    "one piece again and again": b"0123456789abcdef" * 2,
    "bytes in a row": bytes(range(32, 64)),
    "an example's words": b"Example-k3y-0123456789-abcdefghi",
    "what has to be changed": b"7f3a91c2-change-me-55d0be18a4c6!",
}


def production_environment(tmp_path: Path) -> dict[str, str]:
    """Give what a compose stack gives: secrets as `deploy/compose/make_secrets.py` makes them."""
    secrets = tmp_path / "secrets"
    make_secrets(secrets)
    files = {
        "SIGNING_KEY": "signing-key.pem", "SEALING_PUBLIC_KEY": "sealing-public-key.pem",
        "SEALING_PRIVATE_KEY": "sealing-private-key.pem", "CODE_HMAC_KEY": "code-hmac-key.key",
        "TEXT_MASTER_KEY": "text-master-key.key", "INTERNAL_KEY": "internal-key.key",
        "TOKEN_PUBLIC_KEYS": "token-public-keys.json", "BROKER_URL": "broker-url",
        "REDIS_URL": "redis-url", "PORTAL_KEY": "portal-key.key",
        "PORTAL_COOKIE_KEY": "portal-cookie-key.key",
        **{f"{name.upper()}_DATABASE_URL": f"{name}-database-url" for name in SERVICES},
    }  # fmt: skip
    return {
        "HEARTH_ENV": "production",
        "DATA_DIR": str(tmp_path / "data"),
        "MAIL_URL": "smtps://mail:mailbox-secret@mail.example:465",
        "PAYMENTS": "off",
        "MAIL_FROM": "Hearth <no-reply@hearth.example>",
        "APP_URL": "https://hearth.example/app",
        **{f"{name}_FILE": str(secrets / file) for name, file in files.items()},
    }


@pytest.mark.parametrize("service", ALL)
def test_production_starts_on_the_secrets_of_a_compose_stack_and_shows_none(
    tmp_path: Path, service: str
) -> None:
    environment = production_environment(tmp_path)
    settings = ALL[service].from_env(environment)
    assert settings.is_production
    shown = repr(settings)
    assert "mailbox-secret" not in shown
    assert "PRIVATE" not in shown
    for path in (tmp_path / "secrets").iterdir():
        if "public" not in path.name:
            for line in path.read_text(encoding="utf-8").splitlines():
                assert line not in shown, path.name


OPEN_DOORS = [
    ("booking", "PAYMENTS", "built-in"),
    ("booking", "PAYMENTS", ""),
    *((service, "PUBLIC_URL", "http://hearth.example") for service in (*SERVICES, "gateway")),
    ("gateway", "PUBLIC_URL", "http://10.1.2.3:8000"),
    ("notification", "APP_URL", "http://hearth.example/app"),
    *(
        ("gateway", "TRUSTED_PROXIES", networks)
        for networks in ("0.0.0.0/0", "::/0", "10.0.0.1,0.0.0.0/1", "128.0.0.0/1", "2000::/3")
    ),
    ("notification", "MAIL_URL", "smtp://mail:word@mail.example:587"),
    *((service, "REDIS_URL", "redis://cache.example:6379/0") for service in ("auth", "gateway")),
    ("gateway", "REDIS_URL", "rediss://somebody@cache.example:6379/0"),
    *((service, "INTERNAL_KEY", EXAMPLES["INTERNAL_KEY"]) for service in (*SERVICES, "gateway")),
    ("portal", "PORTAL_KEY", EXAMPLES["PORTAL_KEY"]),
    ("gateway", "PORTAL_KEY", EXAMPLES["PORTAL_KEY"]),
]


@pytest.mark.parametrize(("service", "name", "value"), OPEN_DOORS)
def test_production_refuses_what_leaves_a_door_open(
    tmp_path: Path, service: str, name: str, value: str
) -> None:
    with pytest.raises(BadSettings) as refused:
        ALL[service].from_env({**production_environment(tmp_path), name: value})
    assert {line.partition(":")[0] for line in str(refused.value).splitlines()} == {name}


@pytest.mark.parametrize(
    ("service", "name", "value"),
    [
        ("gateway", "PUBLIC_URL", "http://127.0.0.1:8000"),
        ("gateway", "TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::/32"),
        ("notification", "MAIL_URL", "smtp://relay.example:25"),
        ("notification", "MAIL_URL", "smtp://mail:word@127.0.0.1:25"),
        ("notification", "MAIL_URL", "smtp+starttls://mail:word@mail.example:587"),
        ("gateway", "REDIS_URL", "redis://127.0.0.1:6379/0"),
        ("gateway", "REDIS_URL", "rediss://:word@cache.example:6379/0"),
        ("gateway", "REDIS_URL", "unix:///run/redis.sock"),
    ],
)
def test_production_takes_what_stays_on_this_machine_or_is_closed(
    tmp_path: Path, service: str, name: str, value: str
) -> None:
    assert ALL[service].from_env({**production_environment(tmp_path), name: value}).is_production


@pytest.mark.parametrize("service", ALL)
@pytest.mark.parametrize("material", GUESSABLE.values(), ids=GUESSABLE)
def test_production_refuses_secrets_that_somebody_typed(
    tmp_path: Path, service: str, material: bytes
) -> None:
    encoded = b64encode(material).decode()
    typed = {
        "INTERNAL_KEY": material.decode(), "CODE_HMAC_KEY": encoded, "TEXT_MASTER_KEY": encoded,
        "PORTAL_KEY": material.decode(), "PORTAL_COOKIE_KEY": encoded,
    }  # fmt: skip
    with pytest.raises(BadSettings) as refused:
        ALL[service].from_env({**production_environment(tmp_path), **typed})
    named = {line.partition(":")[0] for line in str(refused.value).splitlines()}
    own = {
        "auth": {"CODE_HMAC_KEY"}, "booking": {"TEXT_MASTER_KEY"},
        "chat": {"TEXT_MASTER_KEY"}, "gateway": {"PORTAL_KEY"},
        "portal": {"PORTAL_KEY", "PORTAL_COOKIE_KEY"},
    }  # fmt: skip
    others = set() if service == "portal" else {"INTERNAL_KEY"}
    assert named == others | own.get(service, set())
    assert material.decode() not in str(refused.value)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "url", ["amqp://guest:guest@rabbit/", "amqp://rabbit:5672/", "amqps://gues%74:guest@rabbit/h"]
)
def test_production_refuses_the_brokers_well_known_account(
    tmp_path: Path, service: str, url: str
) -> None:
    with pytest.raises(BadSettings) as refused:
        ALL[service].from_env({**production_environment(tmp_path), "BROKER_URL": url})
    assert str(refused.value).startswith("BROKER_URL: ")


NO_KEYS = ["no JSON", "[]", '{"keys": 5}', '{"keys": [{"kty": "OKP", "kid": "a"}]}', '{"keys": []}']
NO_REDIS = ["rabbit", "http://redis:6379", "redis://", "redis://redis:many/0", "redis://redis/x"]


@pytest.mark.parametrize("service", ["auth", "gateway"])
@pytest.mark.parametrize(("keys", "redis"), list(zip(NO_KEYS, NO_REDIS, strict=True)))
def test_unreadable_keys_and_store_are_named_with_everything_else(
    tmp_path: Path, service: str, keys: str, redis: str
) -> None:
    bad = {"TOKEN_PUBLIC_KEYS": keys, "REDIS_URL": redis, "PORT": "many", "LOG_LEVEL": "LOUD"}
    with pytest.raises(BadSettings) as refused:
        ALL[service].from_env({**production_environment(tmp_path), **bad})
    assert {line.partition(":")[0] for line in str(refused.value).splitlines()} == set(bad)


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file\n", encoding="utf-8")
    reader = SettingsReader({"NAME_FILE": str(secret), "GONE_FILE": str(tmp_path / "gone")})
    assert reader.text("NAME") == "from a file"
    reader.optional_text("GONE")
    with pytest.raises(BadSettings, match="GONE_FILE: the file cannot be read"):
        reader.finish()


def test_the_template_names_each_services_database(tmp_path: Path) -> None:
    make_development_keys(tmp_path / "keys")
    environment = {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL_TEMPLATE": "postgresql://u@h/hearth_{service}",
        "CHAT_DATABASE_URL": "postgresql://u@elsewhere/chat",
    }
    booking = BookingSettings.from_env(environment)
    assert booking.database_url == "postgresql://u@h/hearth_booking"
    assert ChatSettings.from_env(environment).database_url == "postgresql://u@elsewhere/chat"
