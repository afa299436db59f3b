"""What operators type: the commands every service has."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from profile_service.settings import Settings
from shared.command_line import environment, service_commands
from shared.database import Database
from shared.events.worker import heartbeat_file_of
from shared.testing.tokens import TokenMaker, service_environment

Run = Callable[..., Result]


@pytest.fixture
def run(
    settings: Settings,
    database: Database,
    token_maker: TokenMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Type a command's words; further settings replace the usual ones."""
    # the test's own pool, which is closed after it
    monkeypatch.setattr("shared.command_line.Database", lambda _url: database)
    group = service_commands("profile_service", lambda: Settings.from_env(environment()))
    usual = service_environment("profile", database.url, settings.data_directory, token_maker)

    def typed(*words: str, **changes: str) -> Result:
        return CliRunner().invoke(group, words, env={**usual, **changes})

    return typed


def test_waiting_events_can_be_listed(run: Run):
    assert run("events", "list").exit_code == 0


def test_worker_health_tells_whether_a_worker_lives(run: Run, settings: Settings):
    assert run("worker-health").exit_code == 1
    file = heartbeat_file_of("profile_service", settings.data_directory)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    assert run("worker-health").exit_code == 0


def test_bad_settings_are_told_and_not_traced(run: Run):
    refused = run("events", "list", PORT="many")
    assert refused.exit_code == 2
    assert "PORT" in refused.output
    assert "Traceback" not in refused.output
