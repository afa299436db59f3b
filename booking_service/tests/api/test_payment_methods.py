"""Cards on file: kept as token, brand, last four, expiry; the card itself nowhere."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from booking_service.app import create_app
from booking_service.domain.payment_methods import Card, StoredCard
from booking_service.settings import Settings
from booking_service.tests.factories import (
    CLIENT,
    OTHER_CLIENT,
    STAFF,
    Door,
    StandInAccounts,
    refused,
)
from shared.database import Database
from shared.errors import Unavailable
from shared.testing.clocks import StandingClock
from shared.testing.tokens import TokenMaker, internal_headers
from shared.testing.waiting import at_the_same_time

PATH = "/api/v1/payment-methods"
CARD = {
    "holder_name": "IRINA BELOVA",
    "number": "4111111111111111",
    "expiry": "12/28",
    "verification_code": "987",
}
SECRETS = ("4111111111111111", "IRINA BELOVA")


def test_a_card_on_file_shows_brand_last_four_and_expiry(door: Door):
    answer = door.post(CLIENT, PATH, CARD)

    assert answer.status_code == 201
    assert answer.json == {"brand": "visa", "last_four": "1111", "expiry": "12/28"}
    assert door.get(CLIENT, PATH).json == {"items": [answer.json]}
    assert door.get(OTHER_CLIENT, PATH).json == {"items": []}
    told = door.call(
        "GET",
        None,
        f"/internal/v1/payment-methods?account_id={CLIENT}",
        headers=internal_headers(),
    )
    assert told.json == {"items": [answer.json]}


def test_another_card_replaces_the_earlier_one(door: Door):
    door.post(CLIENT, PATH, CARD)

    door.post(CLIENT, PATH, {**CARD, "number": "5555555555554444"})

    assert [each["last_four"] for each in door.get(CLIENT, PATH).json["items"]] == ["4444"]


def test_a_card_is_taken_off_file_once(door: Door):
    door.post(CLIENT, PATH, CARD)

    assert door.delete(CLIENT, PATH).status_code == 204
    assert door.get(CLIENT, PATH).json == {"items": []}
    refused(door.delete(CLIENT, PATH), 404, "payment_method_not_found")


@pytest.mark.parametrize("number", ["4000000000000002", "4000000000009995"])
def test_a_declined_card_is_not_put_on_file(door: Door, number: str):
    door.post(CLIENT, PATH, CARD)

    refused(door.post(CLIENT, PATH, {**CARD, "number": number}), 409, "card_declined")

    assert [each["last_four"] for each in door.get(CLIENT, PATH).json["items"]] == ["1111"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("holder_name", ""),
        ("holder_name", "x" * 65),
        ("number", "4111111111111112"),
        ("number", "4111 1111 1111 1111"),
        ("number", "41111111111"),
        ("number", 4111111111111111),
        ("number", "４１１１１１１１１１１１１１１１"),
        ("expiry", "06/26"),
        ("expiry", "13/28"),
        ("expiry", "1228"),
        ("verification_code", "98"),
        ("verification_code", "98765"),
        ("verification_code", None),
    ],
)
def test_a_bad_field_is_named_and_never_repeated(door: Door, field: str, value: object):
    # a request id of our own: a random one may hold any three digits
    headers = {"X-Request-ID": "request-of-a-test"}
    answer = door.post(CLIENT, PATH, {**CARD, field: value}, headers=headers)

    refused(answer, 422, "invalid_request")
    assert list(answer.json["errors"]) == [field]
    text = answer.get_data(as_text=True)
    assert not any(secret in text for secret in (*SECRETS, "987"))
    assert str(value or "nothing") not in text
    assert door.get(CLIENT, PATH).json == {"items": []}


def test_a_card_is_good_to_the_end_of_its_month(door: Door, clock: StandingClock):
    clock.set(clock.now().replace(month=7, day=31, hour=23))
    assert door.post(CLIENT, PATH, {**CARD, "expiry": "07/26"}).status_code == 201
    clock.advance(hours=1)
    refused(door.post(CLIENT, PATH, {**CARD, "expiry": "07/26"}), 422, "invalid_request")


def test_neither_the_database_nor_the_logs_ever_hold_the_card(
    door: Door, database: Database, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    door.post(CLIENT, PATH, CARD, headers={"Idempotency-Key": "card-1"})
    door.post(CLIENT, PATH, {**CARD, "number": "4000000000000002"})

    output = capsys.readouterr()
    assert not any(secret in output.out + output.err for secret in SECRETS)
    everything = database.reading(
        lambda session: "".join(
            str(session.connection().exec_driver_sql(f'SELECT * FROM "{name}"').fetchall())  # noqa: S608
            for name in table_names(database)
        )
    )
    assert "1111" in everything
    assert not any(secret in everything for secret in (*SECRETS, "987", "4000000000000002"))
    for file in tmp_path.glob("*.sqlite3*"):
        assert not any(secret.encode() in file.read_bytes() for secret in SECRETS)


def table_names(database: Database) -> list[str]:
    from sqlalchemy import inspect

    return inspect(database.engine).get_table_names()


def test_only_clients_have_cards(door: Door):
    refused(door.post(STAFF, PATH, CARD), 403, "not_allowed")
    refused(door.get(STAFF, PATH), 403, "not_allowed")
    refused(door.delete(None, PATH), 401, "not_authenticated")


class RecordingProvider:
    """A payment provider that remembers what it was asked; one is outside of this service."""

    def __init__(self) -> None:
        self.stored: list[str] = []
        self.forgotten: list[str] = []
        self.is_down = False

    def store(self, card: Card) -> StoredCard:
        if self.is_down:
            raise Unavailable
        self.stored.append(f"token-{len(self.stored)}")
        return StoredCard(token=self.stored[-1], brand="visa", last_four=card.number[-4:])

    def forget(self, token: str) -> None:
        if self.is_down:
            raise Unavailable
        self.forgotten.append(token)


@pytest.fixture
def provider() -> RecordingProvider:
    return RecordingProvider()


@pytest.fixture
def watched_door(
    settings: Settings,
    clock: StandingClock,
    accounts: StandInAccounts,
    provider: RecordingProvider,
    token_maker: TokenMaker,
):
    made: Flask = create_app(settings, clock=clock, accounts=accounts, payment_provider=provider)
    yield Door(made, token_maker, accounts)
    made.extensions["hearth"].database.dispose()


def test_the_provider_forgets_every_card_that_is_no_longer_on_file(
    watched_door: Door, provider: RecordingProvider
):
    answers = at_the_same_time([partial(watched_door.post, CLIENT, PATH, CARD)] * 5)
    watched_door.delete(CLIENT, PATH)

    assert [answer.status_code for answer in answers] == [201] * 5
    assert sorted(provider.forgotten) == sorted(provider.stored)


def test_an_installation_that_takes_no_cards_says_so(
    settings: Settings, clock: StandingClock, accounts: StandInAccounts, token_maker: TokenMaker
):
    closed = create_app(replace(settings, takes_cards=False), clock=clock, accounts=accounts)
    try:
        door = Door(closed, token_maker, accounts)
        refused(door.post(CLIENT, PATH, CARD), 409, "cards_not_taken")
        assert door.get(CLIENT, PATH).json == {"items": []}
    finally:
        closed.extensions["hearth"].database.dispose()


def test_a_provider_that_is_down_means_later_and_changes_nothing(
    watched_door: Door, provider: RecordingProvider
):
    watched_door.post(CLIENT, PATH, CARD)
    provider.is_down = True

    refused(watched_door.post(CLIENT, PATH, CARD), 503, "unavailable")
    assert watched_door.delete(CLIENT, PATH).status_code == 204, "forgetting does not hold it up"
