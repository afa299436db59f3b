"""Whose accounts a caller may list: staff everybody's, others their own and those in care."""

import pytest

from auth_service.queries.accounts import accounts_visible_to
from auth_service.tests.factories import an_account
from shared.database import Database
from shared.pages import PageWanted
from shared.testing.clocks import StandingClock
from shared.testing.tokens import identity_of


@pytest.fixture(autouse=True)
def five_accounts(database: Database, clock: StandingClock) -> None:
    rows = [an_account(number, clock.now()) for number in range(1, 6)]
    database.writing(lambda session: session.add_all(rows))


def visible(database: Database, role: str, *in_care: int, page: int = 1) -> tuple[list[int], int]:
    wanted = PageWanted(page=page, per_page=2)
    found = database.reading(
        lambda session: accounts_visible_to(session, identity_of(3, role), in_care, wanted)
    )
    return [account.id for account in found.items], found.total


@pytest.mark.parametrize("role", ["client", "therapist"])
def test_nobody_sees_a_stranger(database: Database, role: str):
    assert visible(database, role) == ([3], 1)


def test_the_other_sides_of_ones_care_relations_are_seen(database: Database):
    assert visible(database, "therapist", 1, 5) == ([1, 3], 3)
    assert visible(database, "therapist", 1, 5, page=2) == ([5], 3)


@pytest.mark.parametrize("role", ["moderator", "admin"])
def test_staff_see_everybody_page_by_page(database: Database, role: str):
    assert visible(database, role) == ([1, 2], 5)
    assert visible(database, role, page=3) == ([5], 5)
