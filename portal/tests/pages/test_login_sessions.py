"""Logging in and out; seeing and ending login sessions."""

import pytest

from portal.cookies import COOKIE, LOGIN_COOKIE
from portal.tests.conftest import HERE, THERE, MakeVisitor, log_in, tokens
from portal.tests.stub_gateway import Reply, StubGateway, problem
from portal.tests.visitors import VisitorWithBrowser
from shared.testing.clocks import StandingClock

LOG_IN = "/app/log-in"
LISTED = "/app/login-sessions"
OPERATION = "/api/v1/login-sessions"
AWAY = "You were away for a while. Log in to go on; nothing is lost."
ANNA = {"email": "anna@example.org", "password": "a long one"}


def test_a_page_of_ones_own_asks_who_is_there_to_log_in(visitor: VisitorWithBrowser) -> None:
    for path in (LISTED, "/app/calendar", "/app/messages", "/app/settings"):
        shown = visitor.get(path)
        assert (visitor.status, shown.heading) == (200, "Log in")
        assert AWAY not in shown.texts


def test_logging_in_leads_to_the_login_sessions(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    shown = visitor.get(LISTED)
    assert shown.heading == "Where you are logged in"
    assert stub.asked[0].json == ANNA
    assert stub.asked[-1].headers["authorization"] == "Bearer access-first"
    assert visitor.get(LOG_IN).heading == "Where you are logged in"
    assert "access-first" not in visitor.cookie + visitor.login_cookie + shown.source


def test_login_sessions_are_shown_as_text_in_the_persons_zone_this_one_first(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    shown = visitor.get(LISTED)
    assert "<b>Other" not in shown.source
    texts = [text for text in shown.texts if text in ("Firefox on a phone", "<b>Other</b> & co")]
    assert texts == ["Firefox on a phone", "<b>Other</b> & co"]
    assert "Asia/Tokyo" in shown.texts
    assert {"6 July 2026, 05:00", "4 July 2026, 19:30", "2001:db8::"} <= set(shown.texts)
    assert [form.action for form in shown.forms] == [
        "/app/log-out", "/app/login-sessions/end", "/app/login-sessions/end-others",
        "/app/language",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "profile", [problem(404, "not_found"), Reply(json={"time_zone": "Mars/Dome"}),
                Reply(json={"time_zone": None}), Reply(json=[]), Reply(status=503)]
)  # fmt: skip
def test_without_a_zone_times_are_utc(
    profile: Reply, visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    stub.reply("GET", "/api/v1/profiles/me", profile)
    shown = visitor.get(LISTED)
    assert {"UTC", "5 July 2026, 20:00"} <= set(shown.texts)


@pytest.mark.parametrize(("language", "moment"), [("ru", "4 июля 2026, 19:30"),
                                                  ("ar", "4 يوليو 2026, 19:30")])  # fmt: skip
def test_times_speak_the_persons_language(
    language: str, moment: str, make_visitor: MakeVisitor, stub: StubGateway, clock: StandingClock
) -> None:
    visitor = make_visitor(language)
    log_in(visitor, stub, clock)
    assert moment in visitor.get(LISTED).texts


@pytest.mark.parametrize(
    ("typed", "reply", "status", "errors"),
    [
        ({"email": "", "password": ""}, None, 422,
         {"email": "Write your e-mail address.", "password": "Write your password."}),
        (ANNA, problem(401, "invalid_credentials"), 422,
         {"password": "Address and password do not fit together."}),
        ({"email": "anna", "password": "x"}, problem(422, "invalid_request", errors={"email": []}),
         422, {"email": "This is not an address mail can be sent to."}),
        (ANNA, problem(403, "email_not_verified"), 403, {}),
        (ANNA, problem(429, "too_many_requests"), 429, {}),
        (ANNA, problem(409, "something_else"), 422, {}),
    ],
)  # fmt: skip
def test_a_refused_login_keeps_the_address_and_not_the_password(
    typed: dict[str, str], reply: Reply | None, status: int, errors: dict[str, str],
    visitor: VisitorWithBrowser, stub: StubGateway,
) -> None:  # fmt: skip
    if reply is not None:
        stub.reply("POST", OPERATION, reply)
    shown = visitor.send(visitor.get(LOG_IN), LOG_IN, **typed)
    assert visitor.status == status
    assert {name: shown.error_of(name) for name in errors} == errors
    assert shown.focused == ["problems"]
    fields = shown.form().fields
    assert (fields["email"], fields["password"]) == (typed["email"], "")
    assert visitor.get(LISTED).heading == "Log in"


def test_the_second_factor_is_asked_for_and_the_password_not_again(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    visitor.forget()
    stub.reply(
        "POST", OPERATION, problem(401, "second_factor_required"),
        problem(401, "second_factor_not_accepted"), tokens(clock),
    )  # fmt: skip
    shown = visitor.send(visitor.get(LOG_IN), LOG_IN, **ANNA)
    assert (visitor.status, shown.heading) == (200, "One more proof")
    assert ANNA["password"] not in shown.source + visitor.cookie
    second, again = (form for form in shown.forms if form.action == "")
    assert set(again.fields) == {"form_key"}
    shown = visitor.post(LOG_IN, {**second.fields, "second_factor": ""})
    assert shown.error_of("second_factor") == "Write the code."
    shown = visitor.post(LOG_IN, {**second.fields, "second_factor": "111 111"})
    assert shown.error_of("second_factor") == "This code is not right, or was used before."
    shown = visitor.post(LOG_IN, {**second.fields, "second_factor": "222 222"})
    assert shown.heading == "Where you are logged in"
    sent = [each.json for each in stub.asked_for("POST", OPERATION)[1:]]
    assert sent == [
        ANNA, {**ANNA, "second_factor": "111 111"}, {**ANNA, "second_factor": "222 222"}
    ]  # fmt: skip


def test_the_second_step_is_left_by_beginning_again_or_after_five_minutes(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    stub.reply("POST", OPERATION, problem(401, "second_factor_required"))
    shown = visitor.send(visitor.get(LOG_IN), LOG_IN, **ANNA)
    fields = {**shown.forms[1].fields, "start_again": "yes"}
    assert visitor.post(LOG_IN, fields).heading == "Log in"
    visitor.send(visitor.get(LOG_IN), LOG_IN, **ANNA)
    clock.advance(minutes=5)
    shown = visitor.get(LOG_IN)
    assert shown.heading == "Log in"
    assert visitor.post(LOG_IN, {**fields, "start_again": "", "second_factor": "1"}).heading


def test_a_password_changed_meanwhile_begins_again(
    visitor: VisitorWithBrowser, stub: StubGateway
) -> None:
    stub.reply("POST", OPERATION, problem(401, "second_factor_required"),
               problem(401, "invalid_credentials"))  # fmt: skip
    shown = visitor.send(visitor.get(LOG_IN), LOG_IN, **ANNA)
    shown = visitor.post(LOG_IN, {**shown.forms[0].fields, "second_factor": "1"})
    assert shown.heading == "Log in"
    assert shown.error_of("password") == "Address and password do not fit together."


def test_ending_one_and_ending_all_others(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    stub.reply("DELETE", f"{OPERATION}/{THERE['id']}", Reply(status=204))
    stub.reply("DELETE", OPERATION, Reply(status=204))
    shown = visitor.send(visitor.get(LISTED), LISTED, "/app/login-sessions/end")
    assert "Done. Nobody is logged in there any more." in shown.texts
    shown = visitor.send(visitor.get(LISTED), LISTED, "/app/login-sessions/end-others")
    assert "Done. Nobody is logged in there any more." in shown.texts
    assert "Done. Nobody is logged in there any more." not in visitor.get(LISTED).texts
    deleted = [asked.path for asked in stub.asked if asked.method == "DELETE"]
    assert deleted == [f"{OPERATION}/{THERE['id']}", OPERATION]


@pytest.mark.parametrize("reply", [problem(404, "login_session_not_found"), Reply(status=204)])
def test_one_that_is_gone_already_is_gone(
    reply: Reply, visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    stub.reply("DELETE", f"{OPERATION}/{THERE['id']}", reply)
    shown = visitor.send(visitor.get(LISTED), LISTED, "/app/login-sessions/end")
    assert "Done. Nobody is logged in there any more." in shown.texts


@pytest.mark.parametrize("identifier", ["", "../accounts/me", "x/y", "a?b", "%2e", "a b", "-"])
def test_an_id_that_is_none_reaches_nobody(
    identifier: str, visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    visitor.send(visitor.get(LISTED), LISTED, "/app/login-sessions/end", id=identifier)
    assert visitor.status == 422
    assert [asked for asked in stub.asked if asked.method == "DELETE"] == []


def test_an_end_that_is_refused_is_told(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    stub.reply("DELETE", OPERATION, problem(429, "too_many_requests"))
    shown = visitor.send(visitor.get(LISTED), LISTED, "/app/login-sessions/end-others")
    assert (visitor.status, shown.heading) == (429, "Where you are logged in")


@pytest.mark.parametrize(
    "path", ["/app/login-sessions/end", "/app/login-sessions/end-others", "/app/log-out"]
)
def test_a_form_of_another_site_ends_nothing(
    path: str, visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    shown = visitor.post(path, {"id": THERE["id"]})
    assert (visitor.status, shown.heading) == (403, "Where you are logged in")
    assert [asked for asked in stub.asked if asked.method == "DELETE"] == []


def test_logging_out_ends_the_session_and_going_back_shows_nothing(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    stub.reply("DELETE", f"{OPERATION}/current", Reply(status=204))
    listed = visitor.get(LISTED)
    assert visitor.answer is not None
    assert visitor.answer.headers["Cache-Control"] == "no-store"
    assert visitor.login_cookie
    shown = visitor.send(listed, LISTED, "/app/log-out")
    assert "You are logged out." in shown.texts
    assert visitor.login_cookie == ""
    asked = len(stub.asked)
    shown = visitor.get(LISTED)
    assert (shown.heading, AWAY in shown.texts) == ("Log in", False)
    assert len(stub.asked) == asked


def test_logging_out_while_the_gateway_is_away_says_that_it_did_not_work(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    listed = visitor.get(LISTED)
    stub.reply("DELETE", f"{OPERATION}/current", Reply(status=503))
    visitor.send(listed, LISTED, "/app/log-out")
    assert visitor.status == 503
    assert visitor.get(LISTED).heading == "Where you are logged in"


def test_a_token_whose_time_is_over_is_exchanged_before_it_is_used(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    stub.reply("POST", f"{OPERATION}/refresh", tokens(clock, "second", minutes=60))
    clock.advance(minutes=14, seconds=55)
    assert visitor.get(LISTED).heading == "Where you are logged in"
    [refreshed] = stub.asked_for("POST", f"{OPERATION}/refresh")
    assert refreshed.json == {"refresh_token": "refresh-first"}
    assert stub.asked[-1].headers["authorization"] == "Bearer access-second"
    visitor.get(LISTED)
    assert len(stub.asked_for("POST", f"{OPERATION}/refresh")) == 1


def test_a_token_refused_before_its_time_is_exchanged_once(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    stub.reply("POST", f"{OPERATION}/refresh", tokens(clock, "second"))
    listed = Reply(json={"items": [HERE]})
    stub.reply("GET", OPERATION, problem(401, "invalid_token"), listed)
    shown = visitor.get(LISTED)
    assert shown.heading == "Where you are logged in"
    assert "Nowhere else." in shown.texts


def test_a_session_that_has_ended_leads_to_the_login_and_says_so_once(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    stub.reply("GET", OPERATION, problem(401, "invalid_token"))
    stub.reply("POST", f"{OPERATION}/refresh", problem(401, "invalid_refresh_token"))
    shown = visitor.get(LISTED)
    assert (shown.heading, AWAY in shown.texts) == ("Log in", True)
    assert AWAY not in visitor.get(LOG_IN).texts


@pytest.mark.parametrize("path", ["/app/log-in", "/app/language", "/app/set-password?token=t"])
def test_an_answer_begun_before_an_exchange_does_not_put_the_old_tokens_back(
    path: str, visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    stub.reply("POST", f"{OPERATION}/refresh", tokens(clock, "second", minutes=60))
    stub.reply("DELETE", f"{OPERATION}/{THERE['id']}", Reply(status=204))
    listed = visitor.get(LISTED)
    fields = {**listed.form("/app/language").fields, "language": "ru"}
    other = {"Cookie": f"{COOKIE}={visitor.cookie}; {LOGIN_COOKIE}={visitor.login_cookie}"}
    method, data = ("POST", fields) if path == "/app/language" else ("GET", None)
    late = visitor.client.open(path, method=method, headers=other, data=data)
    clock.advance(minutes=16)
    visitor.get(LISTED)
    visitor.take_cookies(late)
    visitor.get(LISTED)
    assert stub.asked[-1].headers["authorization"] == "Bearer access-second"
    assert len(stub.asked_for("POST", f"{OPERATION}/refresh")) == 1


def test_a_refresh_over_the_limit_does_not_log_anybody_out(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    clock.advance(minutes=16)
    stub.reply("POST", f"{OPERATION}/refresh", problem(429, "too_many_requests"),
               tokens(clock, "second"))  # fmt: skip
    visitor.get(LISTED)
    assert visitor.status == 503
    assert visitor.get(LISTED).heading == "Where you are logged in"


def test_logging_in_changes_the_key_of_the_forms(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    before = visitor.get(LOG_IN).form().fields["form_key"]
    log_in(visitor, stub, clock)
    assert visitor.get(LISTED).form("/app/log-out").fields["form_key"] != before


WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "Edge on Windows"),
        (f"{PHONE} (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
         "Safari on iPhone"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0",
         "Firefox on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0",
         "Firefox on macOS"),
        ("Mozilla/5.0 (compatible; something)", "Mozilla/5.0 (compatible; something)"),
        ("my phone", "my phone"),
        ("unknown", "unknown"),
    ],
)  # fmt: skip
def test_a_device_is_called_what_people_call_it(
    told: str, shown: str,
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock,
) -> None:  # fmt: skip
    log_in(visitor, stub, clock)
    stub.reply("GET", OPERATION, Reply(json={"items": [{**HERE, "device": told}]}))
    assert shown in visitor.get(LISTED).texts


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("password_change_required", "Set another password before anything else"),
        ("second_factor_setup_required", "Before anything else this account needs a code"),
    ],
)
def test_who_has_to_do_something_first_is_told_what(
    code: str, said: str, visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    assert said not in visitor.get(LISTED).source
    stub.reply("GET", "/api/v1/profiles/me", problem(403, code))
    shown = visitor.get(LISTED)
    assert (visitor.status, shown.heading) == (200, "Where you are logged in")
    assert said in shown.source
