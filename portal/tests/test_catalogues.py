"""Every text is translated, and no page says anything that is in no catalogue."""

import gettext
import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from babel.messages import Message
from flask import Flask

from portal.catalogues import LANGUAGES, catalogue_of, extracted
from portal.parts import EXTENSION
from portal.tests.clients import (
    CLIENT_PAGES,
    HOUR,
    SCHEDULE_OF_ONESELF,
    come_as_client,
    come_as_therapist,
    know_everything,
)
from portal.tests.conftest import MakeVisitor, log_in, standing, tokens
from portal.tests.stub_gateway import Reply, StubGateway, problem
from portal.tests.visitors import Page, VisitorWithBrowser
from shared.testing.clocks import StandingClock

ONLY_NAMES = "%(browser)s on %(system)s"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NOT_TEXTS = {
    "Русский", "English", "العربية", "Asia/Tokyo", "UTC", ".", "Firefox on a phone",
    "<b>Other</b> & co", "203.0.113.0", "2001:db8::", "Log out there: <b>Other</b> & co", "AB",
    "Europe/Budapest", "a.example", *WEEKDAYS, "07/29", "a@b.example",
}  # fmt: skip
MARKED = re.compile("«[^«»]*»")
_HOUR, _DAY = r"\d\d:\d\d", r"[A-Z]\w+ \d+ July"
MOMENT = re.compile(
    rf"\d+ July 2026, {_HOUR}|{_HOUR}(–{_HOUR})?|{_DAY},?|{_DAY},? {_HOUR}|HUF.?10,000|[–·/,\d ]+"
)


def strings_of(message: Message) -> list[str]:
    strings = message.string
    return list(strings) if isinstance(strings, list | tuple) else [strings or ""]


def ids_of(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, list | tuple) else [message.id]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_nothing_else_is_there(language: str) -> None:
    catalogue = catalogue_of(language)
    wanted = {message.id for message in extracted() if message.id}
    assert len(wanted) > 80
    assert {message.id for message in catalogue if message.id} == wanted
    assert catalogue.obsolete == {}
    for message in catalogue:
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        strings = strings_of(message)
        assert all(text.strip() for text in strings), message.id
        for text in strings:
            assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(ids_of(message)[0]))
            assert "!" not in text
    if isinstance(catalogue_of(language).num_plurals, int) and language != "en":
        plurals = [message for message in catalogue if isinstance(message.id, tuple)]
        assert all(len(strings_of(one)) == catalogue.num_plurals for one in plurals)


@pytest.mark.parametrize(("language", "letters"), [("ru", "[А-Яа-яЁё]"), ("ar", "[\u0621-\u064a]")])
def test_a_translation_is_in_its_own_letters(language: str, letters: str) -> None:
    for message in catalogue_of(language):
        if message.id and message.id != ONLY_NAMES:
            for text in strings_of(message):
                assert re.search(letters, text), text
                assert not re.search("[A-Za-z]{3}", PLACEHOLDER.sub("", text.replace("cookie", "")))


class Marked(gettext.NullTranslations):
    """A language that marks every text it was asked for."""

    def gettext(self, message: str) -> str:
        return f"«{message}»"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"«{msgid1 if n == 1 else msgid2}»"


@pytest.fixture
def marked_app(app: Flask) -> Flask:
    catalogues: Mapping[str, gettext.NullTranslations] = dict.fromkeys(LANGUAGES, Marked())
    app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], catalogues=catalogues)
    return app


def unmarked(page: Page) -> list[str]:
    """Give every text that no catalogue was asked for."""
    found = []
    for text in page.texts:
        rest = text
        while MARKED.search(rest):
            rest = MARKED.sub("", rest)
        rest = rest.strip(" :.,·")
        if rest and text not in NOT_TEXTS and not MOMENT.fullmatch(rest):
            found.append(text)
    return found


def every_page(visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock) -> list[Page]:
    """Walk through every page in every stage."""
    pages = [visitor.get("/app/nowhere"), visitor.post("/app/log-in", {})]
    for path in ("/app/new-confirmation", "/app/forgot-password"):
        shown = visitor.get(path)
        pages += [shown, visitor.send(shown, path, email="")]
        operation = {
            "/app/new-confirmation": "/api/v1/verification-codes",
            "/app/forgot-password": "/api/v1/password-resets",
        }[path]
        stub.reply("POST", operation, Reply(status=202, json={}))
        pages.append(visitor.send(shown, path, email="anna@example.org"))
    for path, operation in {
        "/app/confirm-address": "/api/v1/verifications",
        "/app/set-password": "/api/v1/password-resets/confirm",
        "/app/accept-invitation": "/api/v1/invitations/acceptance",
        "/app/undo-email-change": "/api/v1/email-changes/undo",
    }.items():
        pages.append(visitor.get(path))
        shown = visitor.get(f"{path}?token=t")
        fields = {"password": "three words here"} if "password" in shown.source else {}
        replies = (
            problem(429, "too_many_requests"), problem(503, "x"), problem(422, "code_not_accepted"),
        )  # fmt: skip
        for reply in replies:
            stub.reply("POST", operation, reply)
            pages += [shown, visitor.send(shown, path, **fields)]
        for body in ({}, {"purpose": "email_change"}, {"is_password_needed": True}):
            stub.reply("POST", operation, Reply(json=body))
            pages.append(visitor.send(visitor.get(f"{path}?token=t"), path, **fields))
    stub.reply("POST", "/api/v1/login-sessions", problem(401, "second_factor_required"))
    shown = visitor.get("/app/log-in")
    typed = {"email": "anna@example.org", "password": "x"}
    pages += [shown, visitor.send(shown, "/app/log-in", **typed), visitor.get("/app/log-in")]
    visitor.forget()
    log_in(visitor, stub, clock)
    pages.append(visitor.get("/app/login-sessions"))
    stub.reply("POST", "/api/v1/login-sessions/refresh", tokens(clock, "second"))
    pages += second_factor_pages(visitor, stub)
    for code in ("password_change_required", "second_factor_setup_required"):
        stub.reply("GET", "/api/v1/profiles/me", problem(403, code))
        pages.append(visitor.get("/app/login-sessions"))
    return pages + client_pages(visitor, stub, clock)


def client_pages(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> list[Page]:
    """Walk through a client's pages, with and without something on them."""
    visitor.forget()
    know_everything(stub)
    pages = [visitor.get(path) for path in ("/app/", "/app/sign-up", "/app/find", "/app/find/4")]
    pages.append(visitor.post("/app/calendar/1/cancel", {"reason": "«x»"}))
    come_as_client(visitor, stub, clock)
    pages += [visitor.get(path) for path in CLIENT_PAGES]
    stub.reply("POST", "/api/v1/holds", Reply(status=201, json={}))
    pages.append(visitor.send(visitor.get("/app/find/4"), "", "/app/find/4/hold", starts_at=HOUR))
    for key, reply in stub.replies.items():
        body = reply[0].json
        if key[0] == "GET" and isinstance(body, dict) and "items" in body:
            stub.replies[key] = [Reply(json={"items": [], "next": None})]
    stub.reply("GET", "/api/v1/matching-preferences/me", problem(404, "preferences_not_found"))
    nobody = Reply(json={"practitioner": None})
    stub.reply("GET", "/api/v1/care-relations/current?locale=en", nobody)
    pages += [visitor.get(path) for path in CLIENT_PAGES]
    return pages + therapist_pages(visitor, stub, clock)


def therapist_pages(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> list[Page]:
    """Walk through what only a therapist has."""
    visitor.forget()
    come_as_therapist(visitor, stub, clock)
    shown = visitor.get("/app/hours")
    pages = [shown, visitor.get("/app/calendar"), visitor.get("/app/calendar/1")]
    pages += [visitor.get("/app/messages"), visitor.get("/app/messages/3")]
    for code in ("precondition_failed", "invalid_schedule", "not_found"):
        stub.reply("PUT", SCHEDULE_OF_ONESELF, problem(412 if code.startswith("p") else 404, code))
        pages.append(visitor.send(shown, "", "/app/hours"))
    pages.append(visitor.send(shown, "", "/app/hours/away"))
    stub.reply("PUT", SCHEDULE_OF_ONESELF, Reply(json={}))
    return [*pages, visitor.send(shown, "", "/app/hours")]


def second_factor_pages(visitor: VisitorWithBrowser, stub: StubGateway) -> list[Page]:
    """Walk through the pages of the second factor in every stage."""
    page, operation = "/app/second-factor", "/api/v1/accounts/me/second-factor"
    stub.reply("GET", operation, standing(is_required=True))
    shown, pages = visitor.get(page), []
    for code in ("old_password_incorrect", "second_factor_stands"):
        stub.reply("POST", operation, problem(422, code))
        pages += [shown, visitor.send(shown, page, f"{page}/begin", password="x")]
    stub.reply("POST", operation, Reply(status=201, json={"secret": "AB", "uri": "otpauth://a"}))
    shown = visitor.send(visitor.get(page), page, f"{page}/begin", password="x")
    stub.reply("POST", f"{operation}/confirmation", problem(401, "second_factor_not_accepted"))
    pages += [shown, visitor.send(shown, page, f"{page}/confirm", code="1")]
    stub.reply("POST", f"{operation}/confirmation", Reply(json={"recovery_codes": ["."]}))
    pages.append(visitor.send(visitor.get(page), page, f"{page}/confirm", code="1"))
    stub.reply("GET", operation, standing(is_set_up=True, is_required=True), standing())
    shown = visitor.get(page)
    stub.reply("DELETE", operation, Reply(status=204))
    return [*pages, shown, visitor.send(shown, page, f"{page}/remove", password="x")]


def test_no_page_says_what_is_in_no_catalogue(
    marked_app: Flask, make_visitor: MakeVisitor, stub: StubGateway, clock: StandingClock
) -> None:
    pages = every_page(make_visitor(), stub, clock)
    assert len(pages) > 80
    assert {text for page in pages for text in unmarked(page)} == set()
