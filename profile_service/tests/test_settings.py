"""Settings are complete or refused with every reason at once."""

from pathlib import Path

import pytest

from profile_service.settings import Settings
from shared.settings import BadSettings
from shared.testing.tokens import TokenMaker, service_environment


@pytest.fixture
def environment(tmp_path: Path, token_maker: TokenMaker) -> dict[str, str]:
    return service_environment("profile", f"sqlite:///{tmp_path}/p.db", tmp_path, token_maker)


def test_no_card_is_wanted_by_default(environment: dict[str, str]):
    assert Settings.from_env(environment).is_card_required is False
    assert Settings.from_env({**environment, "PREMIUM_REQUIRES_CARD": "on"}).is_card_required


def test_bad_values_are_all_named_at_once(environment: dict[str, str]):
    environment |= {"PREMIUM_REQUIRES_CARD": "perhaps", "PORT": "many"}
    with pytest.raises(BadSettings) as caught:
        Settings.from_env(environment)
    assert {line.partition(":")[0] for line in str(caught.value).splitlines()} == {
        "PORT", "PREMIUM_REQUIRES_CARD"
    }  # fmt: skip
