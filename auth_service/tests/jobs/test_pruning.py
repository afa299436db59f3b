"""Pruning takes what is old and nothing else."""

from sqlalchemy import func, select

from auth_service.jobs.pruning import prune
from auth_service.models.accounts import Account
from auth_service.models.attempts import Attempt
from auth_service.models.codes import Code
from auth_service.models.login_sessions import LoginSession, RefreshToken


def count(database, model):
    return database.reading(
        lambda session: session.execute(select(func.count()).select_from(model)).scalar_one()
    )


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
