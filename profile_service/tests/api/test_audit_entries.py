"""Staff, and a therapist who is in care with somebody, who read that person's address and birth
date or look at the picture leave a trace; the person does not.
"""

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from profile_service.tests.factories import Siblings
from shared.audit_entries import audit_entries
from shared.database import Database
from shared.testing.tokens import TokenMaker


def _entries(database: Database) -> list[tuple[str, int | None, int | None]]:
    rows = database.reading(
        lambda session: session.execute(select(audit_entries).order_by(audit_entries.c.id)).all()
    )
    return [(row.act, row.account_id, row.actor_id) for row in rows]


@pytest.mark.parametrize("role", ["moderator", "admin"])
def test_a_profile_staff_read_is_recorded(
    client, token_maker: TokenMaker, database: Database, role: str
):
    headers = token_maker.headers(5, role)
    answer = client.get("/api/v1/profiles/17", headers=headers)
    assert answer.status_code == 200
    assert _entries(database) == [("profile_read", 17, 5)]
    assert client.get("/api/v1/profiles/5", headers=headers).status_code == 200
    assert len(_entries(database)) == 1, "one's own"


def test_others_and_what_is_not_there_leave_no_trace(
    client, token_maker: TokenMaker, database: Database, siblings: Siblings
):
    assert client.get("/api/v1/profiles/17", headers=token_maker.headers(17)).status_code == 200
    therapist = token_maker.headers(42, "therapist")
    assert client.get("/api/v1/profiles/17", headers=therapist).status_code == 404
    siblings.accounts.unknown.add(99)
    missing = client.get("/api/v1/profiles/99", headers=token_maker.headers(5, "admin"))
    assert missing.status_code == 404
    assert _entries(database) == []


def test_the_database_refuses_to_change_or_delete_an_entry(
    client, token_maker: TokenMaker, database: Database
):
    client.get("/api/v1/profiles/17", headers=token_maker.headers(5, "admin"))
    for statement in (update(audit_entries).values(act="nothing"), delete(audit_entries)):
        with pytest.raises(DBAPIError, match="append-only"):
            database.writing(lambda session, statement=statement: session.execute(statement))  # type: ignore[misc]
