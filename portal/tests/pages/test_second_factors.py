"""Setting a second factor up, keeping its recovery codes, taking it away."""

import pytest

from portal.tests.conftest import MakeVisitor, log_in, standing, tokens
from portal.tests.stub_gateway import Reply, StubGateway, problem
from portal.tests.visitors import VisitorWithBrowser
from shared.testing.clocks import StandingClock

PAGE = "/app/second-factor"
BEGIN, CONFIRM, LEAVE, REMOVE = (f"{PAGE}/{act}" for act in ("begin", "confirm", "leave", "remove"))
OPERATION = "/api/v1/accounts/me/second-factor"
URI = "otpauth://totp/Hearth:anna%40example.org?secret=ABCDEFGH&issuer=Hearth"
BEGUN = Reply(status=201, json={"secret": "ABCDEFGH", "uri": URI})
CODES = ["AAAA-1111", "BBBB-2222"]


@pytest.fixture
def anna(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> VisitorWithBrowser:
    log_in(visitor, stub, clock)
    stub.reply("GET", OPERATION, standing())
    stub.reply("POST", OPERATION, BEGUN)
    stub.reply("POST", "/api/v1/login-sessions/refresh", tokens(clock, "second"))
    return visitor


def test_who_is_not_logged_in_is_asked_to(visitor: VisitorWithBrowser) -> None:
    assert visitor.get(PAGE).heading == "Log in"
    for path in (BEGIN, CONFIRM, LEAVE, REMOVE):
        assert visitor.post(path, {}).heading != "Your recovery codes"


def test_it_is_set_up_in_two_steps_and_the_codes_are_shown_once(
    anna: VisitorWithBrowser, stub: StubGateway
) -> None:
    shown = anna.send(anna.get(PAGE), PAGE, BEGIN, password="a long one")
    assert stub.asked_for("POST", OPERATION)[0].json == {"password": "a long one"}
    assert "ABCD EFGH" in shown.texts
    assert URI in shown.links
    assert shown.source.count("<svg") == 1
    assert "ABCDEFGH" not in anna.cookie
    assert "ABCD EFGH" in anna.get(PAGE).texts, "looking elsewhere loses nothing"

    stub.reply("POST", f"{OPERATION}/confirmation", Reply(json={"recovery_codes": CODES}))
    shown = anna.send(shown, PAGE, CONFIRM, code=" 123 456 ")
    assert stub.asked_for("POST", f"{OPERATION}/confirmation")[0].json == {"code": "123 456"}
    assert shown.heading == "Your recovery codes"
    assert set(CODES) <= set(shown.texts)
    assert anna.answer is not None
    assert anna.answer.headers["Cache-Control"] == "no-store"
    stub.reply("GET", OPERATION, standing(is_set_up=True))
    shown = anna.get(PAGE)
    assert not set(CODES) & set(shown.texts)
    assert "You have 9 recovery codes left." in " ".join(shown.texts)
    assert stub.asked[-1].headers["authorization"] == "Bearer access-second"


@pytest.mark.parametrize("refresh", [problem(401, "invalid_refresh_token"), Reply(status=503)])
def test_the_codes_are_shown_whatever_comes_of_the_tokens(
    anna: VisitorWithBrowser, stub: StubGateway, refresh: Reply
) -> None:
    shown = anna.send(anna.get(PAGE), PAGE, BEGIN, password="a long one")
    stub.reply("POST", f"{OPERATION}/confirmation", Reply(json={"recovery_codes": CODES}))
    stub.reply("POST", "/api/v1/login-sessions/refresh", refresh)
    assert set(CODES) <= set(anna.send(shown, PAGE, CONFIRM, code="123456").texts)


def test_a_wrong_code_is_asked_for_again_and_counted_once(
    anna: VisitorWithBrowser, stub: StubGateway
) -> None:
    shown = anna.send(anna.get(PAGE), PAGE, BEGIN, password="a long one")
    confirmation = f"{OPERATION}/confirmation"
    stub.reply("POST", confirmation, problem(401, "second_factor_not_accepted"))
    refused = anna.send(shown, PAGE, CONFIRM, code="000000")
    assert (anna.status, refused.focused) == (422, ["problems"])
    assert refused.error_of("code") == "This code is not right, or was used before."
    assert "ABCD EFGH" in refused.texts
    assert len(stub.asked_for("POST", confirmation)) == 1
    assert anna.send(refused, PAGE, CONFIRM, code="").error_of("code") == "Write the code."
    assert len(stub.asked_for("POST", confirmation)) == 1


@pytest.mark.parametrize(
    ("reply", "status", "said"),
    [
        (problem(422, "old_password_incorrect"), 422, "This is not your password."),
        (problem(409, "second_factor_stands"), 422,
         "This was done elsewhere meanwhile. Here is how it stands now."),
        (Reply(status=429, json={"code": "too_many_requests"}, headers={"Retry-After": "90"}), 429,
         "Too many tries. Try again in 2 minutes."),
    ],
)  # fmt: skip
def test_what_the_api_refuses_is_said(
    anna: VisitorWithBrowser, stub: StubGateway, reply: Reply, status: int, said: str
) -> None:
    stub.reply("POST", OPERATION, reply)
    shown = anna.send(anna.get(PAGE), PAGE, BEGIN, password="another")
    assert anna.status == status
    assert said in shown.texts
    assert "another" not in shown.source
    stub.reply("GET", OPERATION, standing(is_set_up=True))
    stub.reply("DELETE", OPERATION, reply)
    shown = anna.send(anna.get(PAGE), PAGE, REMOVE, password="another")
    assert (anna.status, said in shown.texts) == (status, True)


def test_it_is_taken_away_with_the_password(anna: VisitorWithBrowser, stub: StubGateway) -> None:
    stub.reply("GET", OPERATION, standing(is_set_up=True), standing())
    stub.reply("DELETE", OPERATION, Reply(status=204))
    shown = anna.get(PAGE)
    assert (
        anna.send(shown, PAGE, REMOVE, password="").error_of("password") == "Write your password."
    )
    stub.reply("GET", OPERATION, standing())
    shown = anna.send(shown, PAGE, REMOVE, password="a long one")
    [asked] = stub.asked_for("DELETE", OPERATION)
    assert asked.json == {"password": "a long one"}
    assert "The code is no longer asked for: the password alone is enough." in shown.texts


def test_what_was_begun_is_left_or_forgotten_after_ten_minutes(
    anna: VisitorWithBrowser, clock: StandingClock
) -> None:
    shown = anna.send(anna.get(PAGE), PAGE, BEGIN, password="a long one")
    assert "ABCD EFGH" not in anna.send(shown, PAGE, LEAVE).texts
    assert "ABCD EFGH" in anna.send(anna.get(PAGE), PAGE, BEGIN, password="a long one").texts
    clock.advance(minutes=10)
    assert "ABCD EFGH" not in anna.get(PAGE).texts


def test_logging_out_forgets_what_was_begun(
    anna: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    anna.send(anna.get(PAGE), PAGE, BEGIN, password="a long one")
    stub.reply("DELETE", "/api/v1/login-sessions/current", Reply(status=204))
    anna.send(anna.get("/app/login-sessions"), "/app/login-sessions", "/app/log-out")
    log_in(anna, stub, clock)
    assert "ABCD EFGH" not in anna.get(PAGE).texts


@pytest.mark.parametrize("path", [BEGIN, CONFIRM, LEAVE, REMOVE])
def test_a_form_of_another_site_does_nothing(
    anna: VisitorWithBrowser, stub: StubGateway, path: str
) -> None:
    anna.get(PAGE)
    before = len(stub.asked)
    anna.post(path, {"password": "a long one", "code": "123456", "form_key": "guessed"})
    assert anna.status == 403
    assert [each.method for each in stub.asked[before:]] == ["GET"]


def test_who_needs_one_is_led_to_it(anna: VisitorWithBrowser, stub: StubGateway) -> None:
    stub.reply("GET", "/api/v1/profiles/me", problem(403, "second_factor_setup_required"))
    assert PAGE in anna.get("/app/login-sessions").links
    stub.reply("GET", OPERATION, standing(is_required=True))
    shown = anna.get(PAGE)
    assert "Before anything else this account needs a code" in " ".join(shown.texts)


def test_an_api_in_trouble_is_a_page_in_the_persons_language(
    make_visitor: MakeVisitor, stub: StubGateway, clock: StandingClock
) -> None:
    visitor = make_visitor("ru")
    log_in(visitor, stub, clock)
    stub.reply("GET", OPERATION, Reply(status=503))
    shown = visitor.get(PAGE)
    assert visitor.status == 503
    assert shown.attributes["lang"] == "ru"
