"""What holds for every page of a client."""

import pytest

from portal.tests.clients import (
    CLIENT_PAGES,
    HOUR,
    know_everything,
    message,
)
from portal.tests.stub_gateway import Reply, StubGateway, problem
from portal.tests.visitors import VisitorWithBrowser
from shared.testing.clocks import StandingClock

KEPT_TEXT = "Привет, Мария. " * 200


def test_the_login_of_a_client_leads_to_what_is_coming(client: VisitorWithBrowser) -> None:
    shown = client.get("/app/")
    assert shown.heading == "Hello, «Lena»"
    assert {"1 new message", "2 things have happened", "Tuesday 7 July,", "08:00"} <= set(
        shown.texts
    )


@pytest.mark.parametrize("path", CLIENT_PAGES)
def test_a_page_is_there_and_asks_no_more_than_six_times(
    path: str, client: VisitorWithBrowser, stub: StubGateway
) -> None:
    before = len(stub.asked)
    shown = client.get(path)
    assert client.status == 200
    assert shown.heading
    assert len(stub.asked) - before <= 6
    assert "<script>alert" not in shown.source
    assert "<i>Orlova" not in shown.source


@pytest.mark.parametrize("path", CLIENT_PAGES)
def test_a_page_whose_gateway_is_away_says_so(
    path: str, client: VisitorWithBrowser, stub: StubGateway
) -> None:
    for key in stub.replies:
        stub.replies[key] = [problem(503, "unavailable")]
    shown = client.get(path)
    assert client.status == (200 if path == "/app/help" else 503)
    assert ("112" in shown.texts) == (path == "/app/help")


@pytest.mark.parametrize(
    "path", ["/app/find/99", "/app/calendar/99", "/app/messages/99", "/app/steps/99"]
)
def test_what_is_somebody_elses_is_as_good_as_none(path: str, client: VisitorWithBrowser) -> None:
    assert client.get(path).heading == "There is no such page"
    assert client.status == 404


def test_what_was_typed_while_the_session_ended_is_sent_after_the_login(
    client: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    page = "/app/messages/3"
    shown = client.get(page)
    for key in [key for key in stub.replies if key[1] != "/api/v1/login-sessions"]:
        stub.replies[key] = [problem(401, "not_authenticated")]
    login = client.send(shown, page, page, text=KEPT_TEXT)
    assert login.heading == "Log in"
    assert stub.asked_for("POST", "/api/v1/messages") == []
    again = client.send(login, "", "/app/log-in", email="lena@example.org", password="a long one")
    assert again.heading == "You are logged in again"
    assert KEPT_TEXT.strip() in " ".join(again.texts)
    know_everything(stub)
    stub.reply("POST", "/api/v1/messages", Reply(status=201, json=message(4, 7, "x")))
    client.send(again, "", page)
    [sent] = stub.asked_for("POST", "/api/v1/messages")
    assert sent.json["text"] == KEPT_TEXT


def test_a_form_of_another_site_is_not_carried_through_the_login(
    visitor: VisitorWithBrowser, stub: StubGateway
) -> None:
    know_everything(stub)
    shown = visitor.post("/app/messages/3", {"text": "evil", "form_key": "x"})
    assert "evil" not in shown.source
    typed = {"email": "a@b.example", "password": "x", "typed-value-text": "evil"}
    for place in ("https://evil.example/", "//evil.example/app/change", "/app/change"):
        refused = visitor.post("/app/log-in", {**typed, "typed-path": place})
        assert visitor.status == 403
        assert "evil" not in refused.source


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/app/find", {"age": "9" * 5000}),
        ("/app/find", {"age": "31", f"topic-{'9' * 5000}": "yes", "price_band": "cheap"}),
        ("/app/change", {"practitioner_id": "none", "because-x": "yes"}),
        ("/app/messages/3/delete", {"message_id": "../accounts/me"}),
        ("/app/news/remove", {"notification_id": "9" * 5000}),
        ("/app/find/4/book", {"starts_at": "now", "once": "a\r\nb"}),
    ],
)
def test_what_no_page_of_ours_sends_is_refused_and_no_mistake_of_ours(
    path: str, sent: dict[str, str], client: VisitorWithBrowser, stub: StubGateway
) -> None:
    for act in (
        ("PUT", "/api/v1/matching-preferences/me"), ("POST", "/api/v1/care-relations/current/end"),
        ("POST", "/api/v1/appointments"),
    ):  # fmt: skip
        stub.reply(*act, problem(422, "invalid_request"))
    key = client.get("/app/").form("/app/language").fields["form_key"]
    client.post(path, {**sent, "form_key": key})
    assert client.status in (422, 200, 503)


def test_a_number_too_long_in_the_address_is_no_page(client: VisitorWithBrowser) -> None:
    assert client.get("/app/find/" + "9" * 5000).heading == "There is no such page"


@pytest.mark.parametrize(
    ("path", "act"),
    [
        ("/app/find/4/hold", "/api/v1/holds"),
        ("/app/find/4/book", "/api/v1/appointments"),
        ("/app/calendar/1/move", "/api/v1/appointments/1/reschedule"),
        ("/app/calendar/1/cancel", "/api/v1/appointments/1/cancellation"),
        ("/app/messages/3", "/api/v1/messages"),
        ("/app/messages/new", "/api/v1/messages"),
        ("/app/steps/5", "/api/v1/guided-sessions/5/answers"),
        ("/app/steps/5/start", "/api/v1/guided-sessions/5/start"),
        ("/app/news/read", "/api/v1/notifications/read"),
        ("/app/change", "/api/v1/care-relations/current/end"),
        ("/app/card", "/api/v1/payment-methods"),
        ("/app/live", "/api/v1/stream-tickets"),
    ],
)
def test_a_form_without_the_key_does_nothing(
    path: str, act: str, client: VisitorWithBrowser, stub: StubGateway
) -> None:
    client.post(path, {"text": "x", "starts_at": HOUR, "form_key": "wrong"})
    assert client.status in (204, 403)
    assert stub.asked_for("POST", act) == []
