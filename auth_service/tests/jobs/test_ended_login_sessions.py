"""The store of ended login sessions learns of every end, also of one it has missed."""

import pytest

from auth_service.jobs.ended_login_sessions import announce_ended_login_sessions
from auth_service.tests.factories import bearer
from shared.errors import Unavailable
from shared.http.ended_sessions import SqliteEndedSessions


class BrokenStore(SqliteEndedSessions):
    """A store that cannot be written."""

    def __init__(self):
        """Need no file."""

    def end(self, login_session_id, expires_at):
        raise Unavailable


@pytest.fixture
def unannounced(app, client, person, database, monkeypatch):
    """Give a token whose end was committed while the store was away."""
    token = person.logged_in()["access_token"]
    store = app.extensions["hearth"].parts["auth_service"].ended_sessions
    monkeypatch.setattr(store, "end", BrokenStore().end)
    answer = client.delete("/api/v1/login-sessions/current", headers=bearer(token))
    assert answer.status_code == 503
    monkeypatch.undo()
    return app.extensions["hearth"].verifier.verify(token).login_session_id


def test_an_end_the_store_missed_is_told_later(database, clock, ended_sessions, unannounced):
    assert not ended_sessions.has_ended(unannounced)
    with pytest.raises(Unavailable):
        announce_ended_login_sessions(database, BrokenStore(), clock)
    announce_ended_login_sessions(database, ended_sessions, clock)
    assert ended_sessions.has_ended(unannounced)


def test_what_was_told_is_not_told_again(database, clock, ended_sessions, unannounced):
    announce_ended_login_sessions(database, ended_sessions, clock)
    assert announce_ended_login_sessions(database, BrokenStore(), clock) is False
