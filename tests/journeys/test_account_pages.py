"""The pages mails lead to, in a real browser, from the mail to the end, in three languages."""

import re

import pyotp
import pytest
import requests

from tests.journeys.account_holders import (
    IS_SET,
    LANGUAGES,
    LOG_IN,
    LOOK,
    NEW_PASSWORD,
    PASSWORD,
    READY,
    SET,
    confirm,
    link_in,
    log_in,
    look_at,
    with_an_account,
)
from tests.journeys.browsers import DESK, PHONE, OpenReader
from tests.people import Place, unique_email

pytestmark = pytest.mark.embedded
GONE = {
    "ru": "Эта ссылка больше не действует", "en": "This link cannot be used any more",
    "ar": "لم يعد هذا الرابط صالحًا",
}  # fmt: skip
UNDO = {
    "ru": "Отменить смену адреса", "en": "Take back the change of your address",
    "ar": "التراجع عن تغيير العنوان",
}  # fmt: skip
UNDONE = {
    "ru": "Прежний адрес возвращён", "en": "Your old address is back", "ar": "عاد العنوان السابق"
}  # fmt: skip
ACCEPT = {"ru": "Принять приглашение", "en": "Accept the invitation", "ar": "قبول الدعوة"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "no-scripts"])
def test_an_address_is_confirmed_and_a_password_reset_by_mail(
    language: str, has_scripts: bool, place: Place, reading: OpenReader
) -> None:
    with reading(language, java_script_enabled=has_scripts) as reader:
        address = with_an_account(reader, place, language)
        reader.open(link_in(place, address, "confirm-address"))
        reader.press()
        assert reader.heading == GONE[language]

        before = len([m for m in place.mailbox.mails_to(address) if "set-password" in m.text])
        reader.open("/app/forgot-password")
        reader.fill(email=address)
        reader.press()
        assert reader.heading == LOOK[language]
        link = link_in(place, address, "set-password", before + 1)
        reader.open(link)
        reader.fill(password="12345678")
        reader.press()
        assert reader.heading == SET[language]
        assert reader.page.locator("#password-error").count() == 1
        if has_scripts:
            assert reader.page.evaluate("() => document.activeElement.className") == "problems"
        reader.fill(password=NEW_PASSWORD)
        reader.press()
        assert reader.heading == IS_SET[language]
        reader.open(link)
        reader.fill(password=NEW_PASSWORD)
        reader.press()
        assert reader.heading == GONE[language]
        log_in(reader, language, address, NEW_PASSWORD)


@pytest.mark.parametrize("language", LANGUAGES)
def test_login_sessions_are_seen_and_ended(
    language: str, place: Place, reading: OpenReader
) -> None:
    with reading(language) as here, reading(language) as there:
        address = with_an_account(here, place, language)
        log_in(there, language, address, PASSWORD)
        log_in(here, language, address, PASSWORD)
        cookies = here.page.context.cookies()
        names = {cookie["name"] for cookie in cookies}
        assert names == {"__Host-hearth", "__Host-hearth-login"}
        assert all(cookie["secure"] and cookie["httpOnly"] for cookie in cookies)
        devices = here.page.locator(".cards li")
        assert devices.count() >= 2
        assert "Chrome" in devices.first.inner_text()
        here.press("form[action='/app/login-sessions/end-others'] button")
        assert devices.count() == 1
        there.open("/app/login-sessions")
        assert there.heading == LOG_IN[language]
        here.press("form[action='/app/log-out'] button")
        assert here.heading == LOG_IN[language]
        here.page.go_back()
        assert here.heading == LOG_IN[language]


def act(name: str) -> str:
    """Give the button of a form of the second factor."""
    return f"form[action='/app/second-factor/{name}'] button"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_second_factor_is_set_up_used_and_taken_away(
    language: str, place: Place, reading: OpenReader
) -> None:
    with reading(language) as here, reading(language) as there:
        address = with_an_account(here, place, language)
        log_in(here, language, address, PASSWORD)
        here.open("/app/second-factor")
        here.fill(password=PASSWORD)
        here.press(act("begin"))
        look_at(here, "second-factor-begun", language, PHONE, "light")
        secret = here.page.locator(".key").inner_text().replace(" ", "")
        assert here.page.locator(".drawing svg").is_visible()
        # A phone with an Arabic keyboard writes its own digits.
        digits = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
        here.fill(code=pyotp.TOTP(secret).now().translate(digits))
        here.press(act("confirm"))
        look_at(here, "recovery-codes", language, PHONE, "light")
        codes = here.page.locator(".codes li").all_inner_texts()
        assert len(set(codes)) == 10
        place.mail_to(address, lambda mail: "/app/login-sessions" in mail.text)

        there.open("/app/log-in")
        there.fill(email=address, password=PASSWORD)
        there.press()
        there.fill(second_factor=codes[0])
        there.press()
        assert there.place == "/app/"
        there.open("/app/second-factor")
        look_at(there, "second-factor-stands", language, PHONE, "light")
        there.fill(password=PASSWORD)
        there.press(act("remove"))
        assert there.page.locator(act("begin")).count() == 1
        there.open("/app/login-sessions")
        there.press("form[action='/app/log-out'] button")
        log_in(there, language, address, PASSWORD)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_change_of_address_is_confirmed_and_undone_by_mail(
    language: str, place: Place, reading: OpenReader
) -> None:
    with reading(language) as reader:
        old = with_an_account(reader, place, language)
        new = unique_email(f"moved.{language}")
        opened = place.call_when_free(
            "POST", "/api/v1/login-sessions", {"email": old, "password": PASSWORD}
        )
        token = opened.json()["access_token"]
        asked = place.call_when_free(
            "POST", "/api/v1/accounts/me/email-changes", {"email": new, "password": PASSWORD},
            token=token,
        )  # fmt: skip
        if asked.status_code == 422:  # an API that knows no password here yet
            asked = place.call(
                "POST", "/api/v1/accounts/me/email-changes", {"email": new}, token=token
            )
        assert asked.status_code == 202, asked.text
        confirm(reader, place, language, new)
        log_in(reader, language, new, PASSWORD)

        def mailed(mail_text: str) -> bool:
            return "undo-email-change?token=" in mail_text

        place.mail_to(old, lambda mail: mailed(mail.text), 2)  # asked for, and done
        [*_, link] = [
            re.findall(r"\S+/app/undo-email-change\?token=[^\s<>\"]+", mail.text)[0]
            for mail in place.mailbox.mails_to(old)
            if mailed(mail.text)
        ]
        reader.open(link)
        assert (reader.place, reader.heading) == ("/app/undo-email-change", UNDO[language])
        reader.press()
        assert reader.heading == UNDONE[language]
        for address, status in ((new, 401), (old, 401)):  # a link to set one is mailed
            body = {"email": address, "password": PASSWORD}
            found = place.call_when_free("POST", "/api/v1/login-sessions", body)
            assert found.status_code == status


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_invitation_is_accepted_by_mail(
    language: str, place: Place, reading: OpenReader
) -> None:
    address = unique_email(f"therapist.{language}")
    account = {
        "email": address, "first_name": "Petya", "last_name": "Kis", "role": "therapist",
        "locale": language,
    }  # fmt: skip
    opened = place.call_when_free("POST", "/api/v1/accounts", account, token=place.admin_token())
    assert opened.status_code == 201, opened.text
    with reading(language, DESK) as reader:
        link = link_in(place, address, "accept-invitation")
        assert requests.get(link, timeout=10).status_code == 200
        reader.open(link)
        assert (reader.place, reader.heading) == ("/app/accept-invitation", ACCEPT[language])
        reader.fill(password="12345678")
        reader.press()
        assert reader.page.locator("#password-error").count() == 1
        reader.fill(password=PASSWORD)
        reader.press()
        assert reader.heading == READY[language]
        reader.open(link)
        reader.fill(password=NEW_PASSWORD)
        reader.press()
        assert reader.heading == GONE[language]
        log_in(reader, language, address, PASSWORD)


STAGES = {
    "log-in": lambda reader: reader.open("/app/log-in"),
    "log-in-refused": lambda reader: (reader.open("/app/log-in"), reader.press()),
    "forgot-password": lambda reader: reader.open("/app/forgot-password"),
    "new-confirmation": lambda reader: reader.open("/app/new-confirmation"),
    "new-confirmation-sent": lambda reader: (
        reader.open("/app/new-confirmation"),
        reader.fill(email=unique_email("nobody")),
        reader.press(),
    ),
    "confirm-address": lambda reader: reader.open("/app/confirm-address?token=none"),
    "confirm-address-gone": lambda reader: (
        reader.open("/app/confirm-address?token=none"),
        reader.press(),
    ),
    "confirm-address-missing": lambda reader: (
        reader.page.context.clear_cookies(),
        reader.open("/app/confirm-address"),
    ),
    "set-password": lambda reader: reader.open("/app/set-password?token=none"),
    "set-password-refused": lambda reader: (
        reader.open("/app/set-password?token=none"),
        reader.press(),
    ),
    "accept-invitation": lambda reader: reader.open("/app/accept-invitation?token=none"),
    "undo-email-change": lambda reader: reader.open("/app/undo-email-change?token=none"),
    "no-such-page": lambda reader: reader.open("/app/nowhere"),
}


@pytest.mark.parametrize(
    ("size", "theme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone-light", "desk-dark"]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_open_to_everybody(
    language: str, size: dict[str, int], theme: str, place: Place, reading: OpenReader
) -> None:
    with reading(language, size, color_scheme=theme) as reader:
        for name, lead in STAGES.items():
            lead(reader)
            look_at(reader, name, language, size, theme)
        address = with_an_account(reader, place, language)
        log_in(reader, language, address, PASSWORD)
        look_at(reader, "login-sessions", language, size, theme)


def test_a_page_is_worked_by_keyboard_alone(place: Place, reading: OpenReader) -> None:
    with reading("en", DESK) as reader:
        address = with_an_account(reader, place, "en")
        reader.open("/app/log-in")
        keyboard = reader.page.keyboard
        keyboard.press("Tab")
        keyboard.press("Enter")  # skip to the content
        keyboard.press("Tab")
        keyboard.type(address)
        keyboard.press("Tab")
        keyboard.type(PASSWORD)
        with reader.page.expect_navigation():
            keyboard.press("Enter")
        assert reader.heading == "Hello, Lena"


def test_leaving_quickly_replaces_the_page(reading: OpenReader) -> None:
    with reading("en") as reader:
        reader.page.route("https://www.yr.no/**", lambda route: route.fulfill(body="weather"))
        for leave in (
            lambda: [reader.page.keyboard.press("Escape") for _ in range(3)],
            lambda: reader.page.click("#leave"),
        ):
            reader.open("/app/forgot-password")
            reader.open("/app/log-in")
            leave()
            reader.page.wait_for_url("https://www.yr.no/")
            reader.page.go_back()
            assert reader.place == "/app/forgot-password"
