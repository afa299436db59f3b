"""`/api/v1/memberships`: once, for clients and therapists, with a card where one is wanted."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from profile_service.app import create_app
from profile_service.tests.factories import Siblings, announced
from shared.audit_entries import audit_entries
from shared.database import Database
from shared.testing.tokens import TokenMaker
from shared.testing.waiting import at_the_same_time

PATH = "/api/v1/memberships"


@pytest.fixture
def headers(token_maker: TokenMaker) -> dict[str, str]:
    return token_maker.headers(17)


def _acts(database: Database) -> list[str]:
    return database.reading(lambda session: list(session.scalars(select(audit_entries.c.act))))


def test_a_client_becomes_a_member_once(client, headers, database: Database):
    assert client.get(f"{PATH}/me", headers=headers).json == {
        "account_id": 17, "is_premium": False, "started_at": None
    }  # fmt: skip
    made = client.post(PATH, json={}, headers=headers)
    assert made.status_code == 201
    assert made.json == {
        "account_id": 17, "is_premium": True, "started_at": "2026-07-06T08:00:00.000000Z"
    }  # fmt: skip
    again = client.post(PATH, headers=headers)
    assert (again.status_code, again.json["code"]) == (409, "already_premium")
    assert client.get(f"{PATH}/me", headers=headers).json == made.json

    profile = client.get("/api/v1/profiles/me", headers=headers).json
    assert (profile["is_premium"], profile["premium_since"]) == (True, made.json["started_at"])
    assert announced(database) == [
        ("profile.membership.started.v1",
         {"account_id": 17, "started_at": "2026-07-06T08:00:00.000000Z"})
    ]  # fmt: skip
    assert _acts(database) == ["membership_started"]


def test_of_many_at_the_same_time_one_wins(app, headers, database: Database):
    answers = at_the_same_time([lambda: app.test_client().post(PATH, headers=headers)] * 8)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len(announced(database)) == 1
    assert _acts(database) == ["membership_started"]


def test_the_same_idempotency_key_answers_the_same(client, headers, database: Database):
    keyed = {**headers, "Idempotency-Key": "one"}
    first, second = (client.post(PATH, json={}, headers=keyed) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(announced(database)) == 1


@pytest.mark.parametrize("role", ["moderator", "admin"])
def test_staff_cannot_become_members(client, token_maker, database: Database, role: str):
    answer = client.post(PATH, headers=token_maker.headers(17, role))
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")
    assert announced(database) == []


def test_a_therapist_can(client, token_maker):
    assert client.post(PATH, headers=token_maker.headers(42, "therapist")).status_code == 201


def test_fields_nobody_asked_for_are_refused(client, headers):
    answer = client.post(PATH, json={"is_premium": True}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")


class TestWithCardsWanted:
    @pytest.fixture
    def client(self, settings, siblings: Siblings):
        app = create_app(
            replace(settings, is_card_required=True),
            accounts=siblings.accounts, booking=siblings.booking,
        )  # fmt: skip
        yield app.test_client()
        app.extensions["hearth"].database.dispose()

    def test_there_is_no_membership_without_a_card(
        self, client, headers, siblings: Siblings, database: Database
    ):
        answer = client.post(PATH, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (409, "payment_card_required")
        assert announced(database) == []
        assert _acts(database) == []
        siblings.booking.cards.add(17)
        assert client.post(PATH, headers=headers).status_code == 201
        siblings.booking.cards.clear()
        assert client.post(PATH, headers=headers).json["code"] == "already_premium"

    def test_nobody_becomes_a_member_while_the_card_cannot_be_asked_for(
        self, client, headers, siblings: Siblings, database: Database
    ):
        siblings.booking.is_down = True
        assert client.post(PATH, headers=headers).status_code == 503
        assert announced(database) == []
