"""Settings are complete or refused with every reason at once."""

import base64
from pathlib import Path

import pytest

from chat_service.settings import Settings
from shared.settings import BadSettings
from shared.testing.tokens import TokenMaker, service_environment

NEW_KEY = base64.b64encode(b"n" * 32).decode()


@pytest.fixture
def environment(tmp_path: Path, token_maker: TokenMaker) -> dict[str, str]:
    return service_environment("chat", f"sqlite:///{tmp_path}/s.db", tmp_path, token_maker)


def test_bad_values_are_all_named_at_once_and_never_shown(environment: dict[str, str]):
    bad = {
        "PORT": "many-ports",
        "TEXT_MASTER_KEY": "short-one",
        "TEXT_MASTER_KEY_PREVIOUS": "short-two",
        "LOG_LEVEL": "CHATTY",
    }
    with pytest.raises(BadSettings) as caught:
        Settings.from_env({**environment, **bad})
    message = str(caught.value)
    assert {line.partition(":")[0] for line in message.splitlines()} == set(bad)
    assert not any(value in message for value in bad.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEXT_MASTER_KEY", "short"),
        ("TEXT_MASTER_KEY", base64.b64encode(b"x" * 31).decode()),
        ("TEXT_MASTER_KEY_PREVIOUS", "short"),
        ("TEXT_MASTER_KEY_PREVIOUS", base64.b64encode(b"x" * 33).decode()),
    ],
)
def test_a_bad_master_key_stops_the_start_and_is_not_repeated(
    environment: dict[str, str], name: str, value: str
):
    with pytest.raises(BadSettings) as refused:
        Settings.from_env({**environment, name: value})
    assert str(refused.value) == f"{name}: must be base64 of 32 bytes"


def test_the_master_key_may_be_a_file_and_is_never_shown(
    environment: dict[str, str], tmp_path: Path
):
    file = tmp_path / "key"
    file.write_text(NEW_KEY + "\n")
    given = {name: value for name, value in environment.items() if name != "TEXT_MASTER_KEY"}
    settings = Settings.from_env({**given, "TEXT_MASTER_KEY_FILE": str(file)})
    assert settings.text_master_key == b"n" * 32
    assert "nnnn" not in repr(settings)
    with pytest.raises(BadSettings, match="TEXT_MASTER_KEY: is missing"):
        Settings.from_env(given)
