"""The pages of a client: what stands on them, what is sent, what is refused."""

import json

import pytest

from portal.tests.clients import (
    CLIENT_PAGES,
    CODE_LISTS,
    HOUR,
    LATER,
    NEXT_HOUR,
    come_as_client,
    know_everything,
    message,
)
from portal.tests.conftest import MakeVisitor
from portal.tests.stub_gateway import Reply, StubGateway, problem
from portal.tests.visitors import VisitorWithBrowser
from shared.testing.clocks import StandingClock

KEPT_TEXT = "Привет, Мария. " * 200


@pytest.fixture
def client(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> VisitorWithBrowser:
    come_as_client(visitor, stub, clock)
    return visitor


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


def test_an_appointment_is_moved_and_cancelled(
    client: VisitorWithBrowser, stub: StubGateway
) -> None:
    stub.reply("POST", "/api/v1/appointments/1/reschedule", Reply(status=201, json={"id": 1}))
    move = client.get("/app/calendar/1/move")
    assert (
        "Moved. A mail says the same."
        in client.send(move, "/app/calendar/1/move", "/app/calendar/1/move", starts_at=LATER).texts
    )
    stub.reply("POST", "/api/v1/appointments/1/cancellation", Reply(json={}))
    cancel = "/app/calendar/1/cancel"
    done = client.send(client.get("/app/calendar/1"), "", cancel, reason=" ill ")
    assert "Cancelled. The hour is free again." in done.texts
    assert stub.asked_for("POST", "/api/v1/appointments/1/cancellation")[0].json == {
        "reason": "ill"
    }
    stub.reply("POST", "/api/v1/appointments/1/cancellation", problem(409, "too_late_to_cancel"))
    refused = client.send(client.get("/app/calendar/1"), "", cancel, reason="ill")
    assert "It is too late to cancel this appointment. Write to your therapist." in refused.texts
    assert refused.form(cancel).fields.keys() >= {"reason"}


def test_reading_a_conversation_marks_it_and_sending_twice_sends_one(
    client: VisitorWithBrowser, stub: StubGateway
) -> None:
    stub.reply("PUT", "/api/v1/conversations/3/read-mark", Reply(json={}))
    page = "/app/messages/3"
    shown = client.get(page)
    assert stub.asked_for("PUT", "/api/v1/conversations/3/read-mark")[0].json == {"message_id": 3}
    assert "This message was deleted." in shown.texts
    stub.reply("POST", "/api/v1/messages", Reply(status=201, json=message(4, 7, "x")))
    for _again in range(2):
        client.send(shown, page, page, text="Good day")
    first, second = stub.asked_for("POST", "/api/v1/messages")
    assert first.json == {"recipient_id": 4, "text": "Good day"}
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_a_refused_message_is_still_in_its_field(
    client: VisitorWithBrowser, stub: StubGateway
) -> None:
    page = "/app/messages/3"
    stub.reply("POST", "/api/v1/messages", problem(422, "invalid_request", errors={"text": ["x"]}))
    shown = client.send(client.get(page), page, page, text="much too long")
    assert client.status == 422
    assert shown.error_of("text").startswith("A message has up to 4,000 characters")
    assert ">much too long</textarea>" in shown.source


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


def test_settings_are_kept_and_the_pages_speak_the_language(
    client: VisitorWithBrowser, stub: StubGateway
) -> None:
    stub.reply("PATCH", "/api/v1/profiles/me", Reply(json={}))
    for path, body in (("code-lists", CODE_LISTS),):
        stub.reply("GET", f"/api/v1/{path}", Reply(json=body))
    page = client.get("/app/settings")
    done = client.send(
        page, "", "/app/settings/person", locale="ru", time_zone="Europe/Budapest", country=""
    )
    assert done.attributes["lang"] == "ru"
    [sent] = stub.asked_for("PATCH", "/api/v1/profiles/me")
    assert sent.json == {"locale": "ru", "time_zone": "Europe/Budapest", "country": None}


def test_a_therapist_is_left_with_the_reasons(
    client: VisitorWithBrowser, stub: StubGateway
) -> None:
    stub.reply("POST", "/api/v1/care-relations/current/end", Reply(json={}))
    page = client.get("/app/change")
    client.send(page, "", "/app/change", **{"because-0": "yes", "more_reasons": "other hours"})
    [sent] = stub.asked_for("POST", "/api/v1/care-relations/current/end")
    assert sent.json == {
        "practitioner_id": 4, "reasons": [0], "more_reasons": "other hours", "wants_call": False,
    }  # fmt: skip


def test_an_answer_names_its_question(client: VisitorWithBrowser, stub: StubGateway) -> None:
    stub.reply("POST", "/api/v1/guided-sessions/5/answers", Reply(status=201, json={"items": []}))
    page = "/app/steps/5"
    client.send(client.get(page), page, page, text="A walk")
    [sent] = stub.asked_for("POST", "/api/v1/guided-sessions/5/answers")
    assert sent.json == {"text": "A walk", "question_id": "q1"}


def test_signing_up_says_to_look_into_the_mailbox(
    make_visitor: MakeVisitor, stub: StubGateway
) -> None:
    know_everything(stub)
    visitor = make_visitor("ru")
    stub.reply("POST", "/api/v1/registrations", Reply(status=202, json={"secret": "s1"}))
    page = visitor.get("/app/sign-up")
    refused = visitor.send(page, "/app/sign-up", first_name="", email="", password="")
    assert len(refused.described) >= 3
    shown = visitor.send(
        page, "/app/sign-up", first_name="Лена", email="lena@example.org", password="three words"
    )
    assert shown.heading == "Загляните в почту"
    body = json.loads(stub.asked_for("POST", "/api/v1/registrations")[0].body)
    assert (body["first_name"], body["locale"]) == ("Лена", "ru")
    stub.reply("POST", "/api/v1/verifications", Reply(json={"purpose": "sign_up"}))
    confirm = "/app/confirm-address"
    for browser in (visitor, make_visitor("ru")):
        browser.send(browser.get(f"{confirm}?token=t1"), confirm)
    here, elsewhere = stub.asked_for("POST", "/api/v1/verifications")
    assert here.json == {"token": "t1", "secret": "s1"}
    assert elsewhere.json == {"token": "t1"}


def test_a_ticket_for_the_stream_is_for_who_is_logged_in(
    client: VisitorWithBrowser, make_visitor: MakeVisitor, stub: StubGateway
) -> None:
    stub.reply("POST", "/api/v1/stream-tickets", Reply(status=201, json={"ticket": "t1"}))
    key = client.get("/app/messages/3").form("/app/language").fields["form_key"]
    client.post("/app/live", {"form_key": key})
    assert client.answer is not None
    assert client.answer.json == {"ticket": "t1"}
    stranger = make_visitor()
    key = stranger.get("/app/").form("/app/language").fields["form_key"]
    stranger.post("/app/live", {"form_key": key})
    assert stranger.status == 204
