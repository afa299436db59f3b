"""What operators type."""

import stat

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization

import auth_service.commands.accounts as accounts_commands
from auth_service.commands.accounts import (
    announce_accounts_command,
    create_admin,
    lock_account_command,
)
from auth_service.commands.signing_keys import rotate_keys
from auth_service.tests.factories import PASSWORD, Person
from shared.clock import SystemClock

ROOT = "root@example.org"


@pytest.fixture
def run(environment, monkeypatch):
    monkeypatch.setattr(accounts_commands, "environment", lambda: environment)
    return lambda command, *words: CliRunner().invoke(command, [str(word) for word in words])


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n", encoding="utf-8")
    return path


def test_the_first_admin_is_made_once_and_logs_in(run, password_file, client, post):
    words = ("--email", "Root@Example.org", "--password-file", password_file)
    first = run(create_admin, *words)
    assert (first.exit_code, first.output) == (0, "admin 1 was made\n")
    second = run(create_admin, *words)
    assert second.exit_code == 0
    assert second.output == "admin 1 has this address already; nothing was changed\n"
    account = Person(client, post, ROOT).logged_in()["account"]
    assert (account["role"], account["is_verified"]) == ("admin", True)
    assert len(post.events("auth.account.registered.v1")) == 1
    assert post.codes(ROOT) == []


def test_every_account_is_announced_as_it_is_now(run, person, post, monkeypatch):
    monkeypatch.setattr(accounts_commands, "ANNOUNCED_AT_ONCE", 1)
    known = post.events("auth.account.registered.v1")
    before = len(post.events("auth.account.changed.v1"))
    answer = run(announce_accounts_command)
    assert (answer.exit_code, answer.output) == (0, f"{len(known)} accounts are announced\n")
    told = post.events("auth.account.changed.v1")[before:]
    assert [each["account_id"] for each in told] == [each["account_id"] for each in known]
    assert told[0]["email"] == person.email


def test_an_account_of_somebody_else_is_never_made_an_admin(run, password_file, person):
    answer = run(create_admin, "--email", person.email, "--password-file", password_file)
    assert answer.exit_code == 1
    assert "is no admin" in answer.output
    assert person.logged_in()["account"]["role"] == "client"


@pytest.mark.parametrize("password", ["", "short", "password", "1234567890123"])
def test_an_admin_needs_a_good_password(run, tmp_path, post, password):
    path = tmp_path / "weak"
    path.write_text(password, encoding="utf-8")
    answer = run(create_admin, "--email", ROOT, "--password-file", path)
    assert answer.exit_code == 1
    assert "cannot be used" in answer.output
    assert post.count() == 0


def test_a_bad_address_or_missing_file_is_said_clearly(run, password_file, tmp_path):
    bad = run(create_admin, "--email", "nobody", "--password-file", password_file)
    assert bad.exit_code == 2
    assert "is not an e-mail address" in bad.output
    missing = run(create_admin, "--email", ROOT, "--password-file", tmp_path / "none")
    assert missing.exit_code == 2


def test_bad_settings_end_a_command_with_every_complaint(monkeypatch, password_file):
    monkeypatch.setattr(accounts_commands, "environment", lambda: {"HEARTH_ENV": "production"})
    words = ["--email", ROOT, "--password-file", str(password_file)]
    answer = CliRunner().invoke(create_admin, words)
    assert answer.exit_code == 2
    for name in ("SIGNING_KEY", "CODE_HMAC_KEY", "SEALING_PUBLIC_KEY", "INTERNAL_KEY"):
        assert f"{name}: is missing" in answer.output


def test_an_account_is_locked_from_the_server_and_its_tokens_die(
    run, app, clock, client, post, person, ended_sessions
):
    clock.set(SystemClock().now())  # a command goes by the machine's clock
    token = person.logged_in()["access_token"]
    answer = run(lock_account_command, "--email", person.email)
    assert answer.output == f"account {person.id} is locked; 1 login sessions ended\n"
    login_session_id = app.extensions["hearth"].verifier.verify(token).login_session_id
    assert ended_sessions.has_ended(login_session_id)
    assert person.log_in().status_code == 401
    run(lock_account_command, "--email", person.email, "--unlock")
    assert person.log_in().status_code == 201
    unknown = run(lock_account_command, "--email", "nobody@example.org")
    assert unknown.exit_code == 1


def test_a_new_signing_key_is_written_privately_and_never_over_another(tmp_path):
    path = tmp_path / "new.pem"
    answer = CliRunner().invoke(rotate_keys, ["--out", str(path)])
    assert answer.exit_code == 0
    assert "SIGNING_KEY_PREVIOUS" in answer.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    serialization.load_pem_private_key(path.read_bytes(), password=None)
    again = CliRunner().invoke(rotate_keys, ["--out", str(path)])
    assert again.exit_code == 1
    assert "cannot be written" in again.output
