"""Timed work: repairing the store of ended login sessions, deleting what nobody needs."""

import pytest
from sqlalchemy import func, select

from auth_service.jobs.ended_login_sessions import announce_ended_login_sessions
from auth_service.jobs.pruning import prune
from auth_service.models.accounts import Account
from auth_service.models.attempts import Attempt
from auth_service.models.codes import Code
from auth_service.models.login_sessions import LoginSession, RefreshToken
from auth_service.tests.factories import bearer
from shared.errors import Unavailable
from shared.http.ended_sessions import SqliteEndedSessions


class BrokenStore(SqliteEndedSessions):
    """A store that cannot be written."""

    def __init__(self):
        """Need no file."""

    def end(self, session_id, expires_at):
        raise Unavailable


def count(database, model):
    return database.reading(
        lambda session: session.execute(select(func.count()).select_from(model)).scalar_one()
    )


@pytest.fixture
def unannounced(app, client, person, database, monkeypatch):
    """Give a token whose end was committed while the store was away."""
    token = person.logged_in()["access_token"]
    store = app.extensions["hearth"].parts["auth_service"].ended_sessions
    monkeypatch.setattr(store, "end", BrokenStore().end)
    answer = client.delete("/api/v1/login-sessions/current", headers=bearer(token))
    assert answer.status_code == 503
    monkeypatch.undo()
    return app.extensions["hearth"].verifier.verify(token).session_id


def test_an_end_the_store_missed_is_told_later(database, clock, ended_sessions, unannounced):
    assert not ended_sessions.has_ended(unannounced)
    with pytest.raises(Unavailable):
        announce_ended_login_sessions(database, BrokenStore(), clock)
    announce_ended_login_sessions(database, ended_sessions, clock)
    assert ended_sessions.has_ended(unannounced)


def test_what_was_told_is_not_told_again(database, clock, ended_sessions, unannounced):
    announce_ended_login_sessions(database, ended_sessions, clock)
    assert announce_ended_login_sessions(database, BrokenStore(), clock) is False


def test_pruning_deletes_what_is_old_and_keeps_what_is_not(client, database, clock, person):
    person.log_in("wrong password")
    person.logged_in()
    client.post("/api/v1/password-resets", json={"email": "nobody@example.org"})
    before = [count(database, model) for model in (Attempt, Code, LoginSession, RefreshToken)]
    prune(database, clock)
    assert [
        count(database, model) for model in (Attempt, Code, LoginSession, RefreshToken)
    ] == before
    assert all(before)
    clock.advance(days=61)
    prune(database, clock)
    assert [count(database, model) for model in (Attempt, Code, LoginSession, RefreshToken)] == [
        0,
        0,
        0,
        0,
    ]
    assert count(database, Account) == 1
