"""Settings are complete or refused with every reason at once."""

from pathlib import Path

import pytest

from booking_service.settings import Settings
from shared.settings import BadSettings
from shared.testing.tokens import TokenMaker, service_environment


@pytest.fixture
def environment(tmp_path: Path, token_maker: TokenMaker) -> dict[str, str]:
    return service_environment("booking", f"sqlite:///{tmp_path}/s.db", tmp_path, token_maker)


def test_bad_values_are_all_named_at_once_and_never_shown(environment: dict[str, str]):
    bad = {
        "PORT": "many-ports",
        "SERVICE_TIME_ZONE": "Mars/Olympus",
        "LOG_LEVEL": "CHATTY",
        "INTERNAL_KEY": "too-short",
        "BOOKING_DATABASE_URL": "mysql://nowhere",
    }
    with pytest.raises(BadSettings) as caught:
        Settings.from_env({**environment, **bad})
    message = str(caught.value)
    assert {line.partition(":")[0] for line in message.splitlines()} == set(bad)
    assert not any(value in message for value in bad.values())


def test_a_zone_is_where_new_calendars_stand(environment: dict[str, str]):
    assert Settings.from_env(environment).service_time_zone.key == "Europe/Budapest"
    moved = Settings.from_env({**environment, "SERVICE_TIME_ZONE": "Europe/Moscow"})
    assert moved.service_time_zone.key == "Europe/Moscow"
