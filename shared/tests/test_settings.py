"""Settings: everything wrong is said at once, secrets may be files, production knows no
defaults.
"""

from pathlib import Path
from typing import Any

import pytest

from auth_service.settings import Settings as AuthSettings
from booking_service.settings import Settings as BookingSettings
from chat_service.settings import Settings as ChatSettings
from gateway.settings import Settings as GatewaySettings
from notification_service.settings import Settings as NotificationSettings
from profile_service.settings import Settings as ProfileSettings
from shared.keys import make_development_keys
from shared.settings import BadSettings, SettingsReader

ALL: dict[str, Any] = {
    "auth": AuthSettings, "profile": ProfileSettings, "booking": BookingSettings,
    "chat": ChatSettings, "notification": NotificationSettings, "gateway": GatewaySettings,
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
    assert "INTERNAL_KEY: is missing" in str(refused.value)


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
