"""Settings are complete or refused with every reason at once."""

from pathlib import Path

import pytest

from notification_service.settings import Settings, sender_address
from shared.settings import BadSettings
from shared.testing.tokens import TokenMaker, service_environment


@pytest.fixture
def environment(tmp_path: Path, token_maker: TokenMaker) -> dict[str, str]:
    return service_environment("notification", f"sqlite:///{tmp_path}/n.db", tmp_path, token_maker)


def test_mails_go_to_a_folder_by_default(environment: dict[str, str], tmp_path: Path):
    assert Settings.from_env(environment).mail_url == f"file://{tmp_path}/mailbox"


def test_production_refuses_a_folder_and_wants_a_sender(environment: dict[str, str]):
    environment |= {"HEARTH_ENV": "production", "MAIL_URL": "file:///tmp/mails"}
    with pytest.raises(BadSettings) as caught:
        Settings.from_env(environment)
    assert "MAIL_URL: a folder is not for production" in str(caught.value)
    assert "MAIL_FROM: is missing" in str(caught.value)
    assert "APP_URL: is missing" in str(caught.value)


def test_mails_lead_to_the_pages_of_the_public_url_by_default(environment: dict[str, str]):
    environment |= {"PUBLIC_URL": "https://hearth.example/"}
    assert Settings.from_env(environment).app_url == "https://hearth.example/app"
    environment |= {"APP_URL": "https://app.example/"}
    assert Settings.from_env(environment).app_url == "https://app.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_URL", "app.example"),
        ("MAIL_URL", "http://mail.example"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "a@b\r\nBcc: c@d"),
        ("SEALING_PRIVATE_KEY", "no key"),
    ],
)
def test_a_bad_value_is_named_and_never_shown(environment, name: str, value: str):
    with pytest.raises(BadSettings) as caught:
        Settings.from_env({**environment, name: value})
    assert str(caught.value).startswith(f"{name}: ")
    assert value not in str(caught.value)


def test_a_sender_may_have_a_name():
    found = sender_address("Hearth <no-reply@hearth.example>")
    assert (found.display_name, found.addr_spec) == ("Hearth", "no-reply@hearth.example")
