"""Finding a therapist, holding an hour, booking it."""

import pytest

from portal.tests.clients import (
    HOUR,
    LATER,
    NEXT_HOUR,
    know_everything,
)
from portal.tests.stub_gateway import Reply, StubGateway, problem
from portal.tests.visitors import VisitorWithBrowser


def test_without_a_login_therapists_can_be_looked_at_and_an_hour_leads_to_the_login(
    visitor: VisitorWithBrowser, stub: StubGateway
) -> None:
    know_everything(stub)
    stub.replies["GET", "/api/v1/practitioners/4/slots"] = [
        Reply(json={"items": [{"starts_at": HOUR, "ends_at": HOUR}]})
    ]
    assert "Maria" in visitor.get("/app/find").source
    shown = visitor.get("/app/find/4")
    assert "authorization" not in stub.asked[-1].headers
    answer = visitor.send(shown, "", "/app/find/4/hold", starts_at=HOUR)
    assert answer.heading == "Log in"
    assert "typed-value-starts_at" in answer.source


def test_wishes_without_a_login_stand_in_no_url(
    visitor: VisitorWithBrowser, stub: StubGateway
) -> None:
    know_everything(stub)
    stub.reply("GET", "/api/v1/practitioners?limit=12&locale=en&topic=0", Reply(json={"items": []}))
    visitor.send(visitor.get("/app/find"), "", "/app/find", topic="0")
    assert visitor.status == 200
    assert stub.asked[-1].path.endswith("topic=0")
    assert visitor.answer is not None
    assert visitor.answer.request.full_path.rstrip("?") == "/app/find"


def test_an_hour_is_held_then_booked_once(client: VisitorWithBrowser, stub: StubGateway) -> None:
    stub.reply("POST", "/api/v1/holds", Reply(status=201, json={}))
    shown = client.send(client.get("/app/find/4"), "", "/app/find/4/hold", starts_at=HOUR)
    assert "Book Tuesday 7 July, 08:00 for HUF10,000" in shown.texts
    assert "Free to move or cancel until 6 July 2026, 20:00. Later it is charged." in shown.source
    assert "In the last 2 hours it can be neither moved nor cancelled." in shown.source
    stub.reply("POST", "/api/v1/appointments", Reply(status=201, json={"id": 1}))
    for _again in range(2):
        done = client.send(shown, "", "/app/find/4/book")
        assert "Booked. A mail says the same, with an entry for your calendar." in done.texts
    first, second = stub.asked_for("POST", "/api/v1/appointments")
    assert first.json == second.json == {"practitioner_id": 4, "starts_at": HOUR}
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("slot_taken", "Somebody else has just taken this hour. The nearest free one is chosen."),
        ("hour_not_offered", "This hour is not free any more. The nearest free one is chosen."),
        ("client_busy", "You have another appointment at that time. Choose another hour."),
        ("has_another_therapist", "You have another therapist now. Change the therapist first."),
    ],
)
def test_a_taken_hour_is_told_and_the_nearest_free_one_chosen(
    code: str, said: str, client: VisitorWithBrowser, stub: StubGateway
) -> None:
    stub.reply("POST", "/api/v1/holds", Reply(status=201, json={}))
    booking = client.send(client.get("/app/find/4"), "", "/app/find/4/hold", starts_at=HOUR)
    stub.reply("POST", "/api/v1/appointments", problem(409, code))
    free = [{"starts_at": each, "ends_at": each} for each in (NEXT_HOUR, LATER)]
    stub.reply("GET", "/api/v1/practitioners/4/slots", Reply(json={"items": free}))
    shown = client.send(booking, "", "/app/find/4/book")
    assert client.status == 422
    assert said in shown.texts
    assert shown.form("/app/find/4/hold").fields["starts_at"] == NEXT_HOUR
