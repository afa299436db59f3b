"""`/api/v1/notifications`: one's own only, read atomically, counted as listed."""

import threading

import pytest

from notification_service.domain.notifications import Notify, notify
from notification_service.tests.factories import CLIENT, THERAPIST, event
from shared.clock import SystemClock
from shared.database import Database
from shared.events.readiness import sign
from shared.testing.clocks import StandingClock
from shared.testing.tokens import TokenMaker
from shared.testing.waiting import at_the_same_time

PATH = "/api/v1/notifications"
BOOKED = "booking.appointment.booked.v1"


@pytest.fixture
def headers(token_maker: TokenMaker) -> dict[str, str]:
    return token_maker.headers(CLIENT)


def _count(client, headers: dict[str, str]) -> int:
    answer = client.get(f"{PATH}/unread-count", headers=headers)
    assert answer.status_code == 200
    return answer.json["count"]


def test_a_fresh_person_has_none(client, headers):
    assert client.get(PATH, headers=headers).json == {"items": [], "next": None}
    assert client.post(f"{PATH}/read", headers=headers).json == {"items": []}
    assert _count(client, headers) == 0


def test_the_newest_stand_first_and_listing_changes_nothing(hear, client, headers):
    clock = StandingClock()
    for appointment_id in (1, 2, 3):
        clock.advance(minutes=1)
        hear(event(BOOKED, clock.now(), appointment_id=appointment_id))
    for _ in range(2):
        items = client.get(PATH, headers=headers).json["items"]
        assert [item["id"] for item in items] == sorted((i["id"] for i in items), reverse=True)
        assert items[0]["created_at"] == "2026-07-06T08:03:00.000000Z"
        assert {item["is_read"] for item in items} == {False}
        assert {item["kind"] for item in items} == {"alert"}
        assert {item["account_id"] for item in items} == {CLIENT}
    assert len(client.get(f"{PATH}?limit=2", headers=headers).json["items"]) == 2


def test_reading_answers_the_state_before_and_marks_all(hear, client, headers):
    hear(event(BOOKED), event(BOOKED))
    assert _count(client, headers) == 2
    before = client.post(f"{PATH}/read", headers=headers).json["items"]
    assert [item["is_read"] for item in before] == [False, False]
    assert _count(client, headers) == 0
    hear(event(BOOKED))
    after = client.post(f"{PATH}/read", headers=headers).json["items"]
    assert [item["is_read"] for item in after] == [False, True, True]


def test_reading_at_the_same_time_shows_each_as_unread_to_exactly_one(hear, app, headers):
    hear(*[event(BOOKED) for _ in range(5)])
    answers = at_the_same_time(
        [lambda: app.test_client().post(f"{PATH}/read", headers=headers)] * 6
    )
    assert {answer.status_code for answer in answers} == {200}
    unread = [[item["id"] for item in a.json["items"] if not item["is_read"]] for a in answers]
    assert sorted(len(ids) for ids in unread) == [0, 0, 0, 0, 0, 5]


def test_what_arrives_while_reading_is_shown_as_unread_or_stays_unread(hear, app, headers):
    is_over = threading.Event()
    seen: list[int] = []

    def keep_reading() -> None:
        reader = app.test_client()
        while not is_over.is_set():
            items = reader.post(f"{PATH}/read", headers=headers).json["items"]
            seen.extend(item["id"] for item in items if not item["is_read"])

    thread = threading.Thread(target=keep_reading)
    thread.start()
    for _ in range(20):
        hear(event(BOOKED))
    is_over.set()
    thread.join(20)
    last = app.test_client().post(f"{PATH}/read", headers=headers).json["items"]
    seen.extend(item["id"] for item in last if not item["is_read"])
    assert {item["id"] for item in last} <= set(seen), "every one was shown as unread"
    assert len(last) == 20


def test_a_notification_can_be_deleted_once_and_does_not_come_back(
    hear, client, headers, database: Database
):
    from shared.events.tables import inbox

    booked = event(BOOKED)
    hear(booked)
    [item] = client.get(PATH, headers=headers).json["items"]
    assert client.delete(f"{PATH}/{item['id']}", headers=headers).status_code == 204
    assert client.get(PATH, headers=headers).json == {"items": [], "next": None}
    assert _count(client, headers) == 0
    again = client.delete(f"{PATH}/{item['id']}", headers=headers)
    assert (again.status_code, again.json["code"]) == (404, "notification_not_found")

    database.writing(lambda session: session.execute(inbox.delete()))
    hear(booked)
    assert client.get(PATH, headers=headers).json == {"items": [], "next": None}


def test_the_same_idempotency_key_deletes_once_and_one_only(hear, app, client, headers):
    hear(event(BOOKED), event(BOOKED))
    kept, gone = (item["id"] for item in client.get(PATH, headers=headers).json["items"])
    keyed = {**headers, "Idempotency-Key": "delete-1"}
    answers = at_the_same_time(
        [lambda: app.test_client().delete(f"{PATH}/{gone}", headers=keyed)] * 4
    )
    assert [(answer.status_code, answer.data) for answer in answers] == [(204, b"")] * 4
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 3
    other = client.delete(f"{PATH}/{kept}", headers=keyed)
    assert (other.status_code, other.json["code"]) == (409, "idempotency_key_reused")
    assert [item["id"] for item in client.get(PATH, headers=headers).json["items"]] == [kept]


def test_somebody_elses_notification_cannot_be_seen_read_or_deleted(
    hear, client, headers, token_maker: TokenMaker
):
    hear(event(BOOKED))
    [mine] = client.get(PATH, headers=headers).json["items"]
    for role in ("client", "therapist", "moderator", "admin"):
        other = token_maker.headers(999, role)
        refused = client.delete(f"{PATH}/{mine['id']}", headers=other)
        assert (refused.status_code, refused.json["code"]) == (404, "notification_not_found")
        assert client.post(f"{PATH}/read", headers=other).json == {"items": []}
        assert client.get(PATH, headers=other).json == {"items": [], "next": None}
    assert _count(client, headers) == 1
    assert _count(client, token_maker.headers(THERAPIST, "therapist")) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", PATH), ("POST", f"{PATH}/read"), ("DELETE", f"{PATH}/1"),
     ("GET", f"{PATH}/unread-count"), ("GET", "/api/v1/notification-settings/me"),
     ("PATCH", "/api/v1/notification-settings/me")],
)  # fmt: skip
def test_nothing_is_told_without_a_token(client, method: str, path: str):
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.json["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("notification_id", ["0", "x", "-1", "9007199254740993", "9" * 40])
def test_an_id_that_is_none_is_not_found(client, headers, notification_id: str):
    assert client.delete(f"{PATH}/{notification_id}", headers=headers).status_code == 404


@pytest.mark.parametrize("limit", ["0", "501", "x", "1.5", "-1", "", "9" * 30])
def test_a_bad_limit_is_refused(client, headers, limit: str):
    answer = client.get(f"{PATH}?limit={limit}", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert "limit" in answer.json["errors"]


def test_count_and_list_agree_beyond_five_hundred(hear, client, headers, database: Database):
    moment = StandingClock().now()

    commands = [
        Notify(
            recipient_id=CLIENT, event_id=f"e{number}", happened_at=moment,
            kind="message_received", parameters={},
        )
        for number in range(510)
    ]  # fmt: skip
    database.writing(lambda session: notify(session, *commands))
    items = _all_pages(client, headers)
    assert len(items) == len({item["id"] for item in items}) == 510
    assert _count(client, headers) == 500, "of the newest 500, as reading lists them"
    read = client.post(f"{PATH}/read", headers=headers).json["items"]
    assert [item["id"] for item in read] == [item["id"] for item in items[:500]]
    assert not any(item["is_read"] for item in read)
    assert _count(client, headers) == 0
    for item in items[:20]:
        client.delete(f"{PATH}/{item['id']}", headers=headers)
    items = _all_pages(client, headers)
    assert len(items) == 490
    assert _count(client, headers) == sum(not item["is_read"] for item in items) == 0


def _all_pages(client, headers) -> list[dict]:
    found, cursor = [], ""
    while True:
        page = client.get(f"{PATH}?limit=70{cursor}", headers=headers).json
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_the_openapi_document_describes_every_operation(client):
    document = client.get("/openapi.json").json
    assert set(document["paths"]) == {
        PATH, f"{PATH}/read", f"{PATH}/unread-count", f"{PATH}/{{notification_id}}",
        "/api/v1/notification-settings/me",
    }  # fmt: skip
    for path in document["paths"].values():
        for name, operation in path.items():
            if name in ("get", "post", "patch", "delete"):
                assert operation["security"] == [{"token": []}]
                assert operation["summary"]


def test_the_service_is_ready_on_a_migrated_database_beside_a_worker(client, database):
    sign(database, SystemClock(), instance="one", has_broker=True)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "ready")
