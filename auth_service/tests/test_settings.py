"""Settings are complete or refused with every reason at once."""

from pathlib import Path

import pytest

from auth_service.settings import Settings
from shared.settings import BadSettings
from shared.testing.tokens import TokenMaker, service_environment


@pytest.fixture
def environment(tmp_path: Path, token_maker: TokenMaker) -> dict[str, str]:
    return service_environment("auth", f"sqlite:///{tmp_path}/s.db", tmp_path, token_maker)


def test_bad_values_are_all_named_at_once_and_never_shown(environment: dict[str, str]):
    bad = {
        "PORT": "many-ports",
        "SIGNING_KEY": "no-signing-key",
        "SIGNING_KEY_PREVIOUS": "no-older-key",
        "SEALING_PUBLIC_KEY": "no-sealing-key",
        "CODE_HMAC_KEY": "c2hvcnQ=",
        "ACCESS_TOKEN_SECONDS": "-900",
        "MATCHING_TOKEN_SECONDS": "forever",
    }
    with pytest.raises(BadSettings) as caught:
        Settings.from_env({**environment, **bad})
    message = str(caught.value)
    assert {line.partition(":")[0] for line in message.splitlines()} == set(bad)
    assert not any(value in message for value in bad.values())


def test_keys_are_never_shown(environment: dict[str, str]):
    settings = Settings.from_env(environment)
    assert environment["SIGNING_KEY"].splitlines()[1] not in repr(settings)
    assert repr(settings.code_hmac_key) not in repr(settings)


def test_production_knows_no_default_key(tmp_path: Path):
    with pytest.raises(BadSettings) as caught:
        Settings.from_env({"HEARTH_ENV": "production", "DATA_DIR": str(tmp_path)})
    named = {line.partition(":")[0] for line in str(caught.value).splitlines()}
    assert {"SIGNING_KEY", "SEALING_PUBLIC_KEY", "CODE_HMAC_KEY", "INTERNAL_KEY"} <= named
    assert {"AUTH_DATABASE_URL", "BROKER_URL", "TOKEN_PUBLIC_KEYS"} <= named
