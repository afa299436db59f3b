"""Whose accounts a caller may list: staff everybody's, others their own and those in care."""

import pytest
from sqlalchemy import delete, event
from sqlalchemy.orm import Session

from auth_service.models.accounts import IDS_OF_A_BLOCK, Account
from auth_service.queries.accounts import NumberedPageWanted, numbered_accounts_visible_to
from auth_service.tests.factories import an_account
from shared.database import Database
from shared.testing.clocks import StandingClock
from shared.testing.tokens import identity_of


@pytest.fixture(autouse=True)
def five_accounts(database: Database, clock: StandingClock) -> None:
    rows = [an_account(number, clock.now()) for number in range(1, 6)]
    database.writing(lambda session: session.add_all(rows))


def visible(database: Database, role: str, *in_care: int, page: int = 1) -> tuple[list[int], int]:
    wanted = NumberedPageWanted(page=page, per_page=2)
    found = database.reading(
        lambda session: numbered_accounts_visible_to(session, identity_of(3, role), in_care, wanted)
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


def pages(database: Database, per_page: int) -> tuple[list[list[int]], set[int]]:
    """Give the ids of every page and one beyond, and what the pages say there are in all."""
    found, totals = list[list[int]](), set[int]()
    while True:
        wanted = NumberedPageWanted(page=len(found) + 1, per_page=per_page)
        page = database.reading(
            lambda session, wanted=wanted: numbered_accounts_visible_to(  # type: ignore[misc]
                session, identity_of(3, "admin"), (), wanted
            )
        )
        totals.add(page.total)
        found.append([account.id for account in page.items])
        if not found[-1]:
            return found, totals


@pytest.mark.parametrize("per_page", [1, 3, 4, 100])
def test_pages_of_ids_with_gaps_are_whole_and_in_order(
    database: Database, clock: StandingClock, per_page: int
):
    block = IDS_OF_A_BLOCK
    more = [block - 1, block, block + 7, 3 * block, 3 * block + 1, 2**40]
    database.writing(
        lambda session: session.add_all([an_account(each, clock.now()) for each in more])
    )
    gone = [2, block + 7, 2**40]
    database.writing(lambda session: session.execute(delete(Account).where(Account.id.in_(gone))))

    found, totals = pages(database, per_page)

    standing = sorted({*range(1, 6), *more} - set(gone))
    assert [each for page in found for each in page] == standing
    assert all(len(page) == per_page for page in found[:-2])
    assert totals == {len(standing)}


def test_without_anybody_left_the_page_is_empty(database: Database):
    database.writing(lambda session: session.execute(delete(Account)))
    assert pages(database, 2) == ([[]], {0})


def test_an_account_that_is_undone_is_not_counted(database: Database, clock: StandingClock):
    def refuse(session: Session) -> None:
        session.add(an_account(9, clock.now()))
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.writing(refuse)
    assert visible(database, "admin")[1] == 5


def test_staffs_list_counts_no_accounts_and_passes_over_a_block_at_most(database: Database):
    statements: list[str] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _conn, _cursor, statement, *_rest: statements.append(statement),
    )

    visible(database, "admin", page=2)

    reading = [each for each in statements if "FROM accounts" in each]
    assert len(reading) == 1
    assert "count(" not in reading[0]
    assert "accounts.id >= " in reading[0]
