"""Everybody sees their own running login sessions; nobody sees others', staff neither."""

from datetime import timedelta

import pytest

from auth_service.models.login_sessions import LoginSession
from auth_service.queries.login_sessions import login_sessions_visible_to
from auth_service.tests.factories import an_account
from shared.database import Database
from shared.testing.clocks import StandingClock
from shared.testing.tokens import identity_of


@pytest.fixture(autouse=True)
def login_sessions(database: Database, clock: StandingClock) -> None:
    """Give account 1 two that run, one that has ended and one that is over; account 2 one."""
    now = clock.now()
    hour = timedelta(hours=1)

    def one(name: str, account_id: int, *, seen: timedelta, left: timedelta = hour, **more):
        return LoginSession(
            id=name, account_id=account_id, opened_through="api", device="", address="",
            created_at=now - hour, last_seen_at=now - seen, token_expires_at=now + left,
            expires_at=now + left, **more,
        )  # fmt: skip

    accounts = [an_account(1, now), an_account(2, now)]
    rows = [
        one("earlier", 1, seen=hour),
        one("latest", 1, seen=timedelta()),
        one("ended", 1, seen=hour, ended_at=now),
        one("over", 1, seen=hour, left=timedelta()),
        one("another's", 2, seen=hour),
    ]

    def work(session) -> None:
        session.add_all(accounts)
        session.flush()
        session.add_all(rows)

    database.writing(work)


@pytest.mark.parametrize("role", ["client", "therapist", "admin"])
def test_only_ones_own_running_ones_are_seen_the_latest_first(
    database: Database, clock: StandingClock, role: str
):
    found = database.reading(
        lambda session: login_sessions_visible_to(session, identity_of(1, role), clock.now())
    )
    assert [each.id for each in found] == ["latest", "earlier"]
