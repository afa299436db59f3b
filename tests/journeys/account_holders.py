"""People who come to have an account by the pages alone, and what those pages say."""

import re

import requests

from tests.journeys.browsers import Reader
from tests.people import Place, unique_email

LANGUAGES = {"ru": "ru-RU", "en": "en-GB", "ar": "ar-EG"}
PASSWORD = "three quiet words"
NEW_PASSWORD = "four other quiet words"
LOG_IN = {"ru": "Войти", "en": "Log in", "ar": "الدخول"}
WHERE = {"ru": "Где вы вошли", "en": "Where you are logged in", "ar": "أماكن الدخول الحالية"}
CONFIRM = {
    "ru": "Подтвердите адрес почты", "en": "Confirm your e-mail address",
    "ar": "تأكيد عنوان البريد الإلكتروني",
}  # fmt: skip
CONFIRMED = {"ru": "Адрес подтверждён", "en": "Your address is confirmed", "ar": "تأكّد العنوان"}
READY = {"ru": "Учётная запись готова", "en": "Your account is ready", "ar": "الحساب جاهز"}
SET = {"ru": "Новый пароль", "en": "Set a new password", "ar": "كلمة مرور جديدة"}
IS_SET = {
    "ru": "Новый пароль задан", "en": "Your new password is set", "ar": "عُيّنت كلمة المرور الجديدة"
}  # fmt: skip
LOOK = {
    "ru": "Загляните в почту", "en": "Look into your mailbox", "ar": "الرسالة في صندوق البريد"
}  # fmt: skip


def link_in(place: Place, address: str, page: str, count: int = 1) -> str:
    """Wait for the mail that leads to a page; give its whole link."""
    pattern = re.compile(rf"{re.escape(place.url)}/app/{page}\?token=[^\s<>\"]+")
    mail = place.mail_to(address, lambda mail: pattern.search(mail.text) is not None, count)
    found = pattern.search(mail.text)
    assert found
    return found[0]


def registered(place: Place, language: str) -> str:
    """Sign somebody up; give their address."""
    address = unique_email(f"lena.{language}")
    person = {
        "email": address, "password": PASSWORD, "first_name": "Lena", "last_name": "I.",
        "locale": language,
    }  # fmt: skip
    answer = place.call_when_free("POST", "/api/v1/registrations", person)
    assert answer.status_code == 202, answer.text
    return address


def confirm(reader: Reader, place: Place, language: str, address: str) -> None:
    """Follow the link of the mail and press the button."""
    link = link_in(place, address, "confirm-address")
    assert requests.get(link, timeout=10).status_code == 200  # a program that looks through mails
    reader.open(link)
    assert (reader.place, reader.heading) == ("/app/confirm-address", CONFIRM[language])
    reader.press()
    assert reader.heading == CONFIRMED[language]


def set_password(reader: Reader, place: Place, language: str, address: str, password: str) -> None:
    """Follow the newest link that leads to a password and set it."""
    reader.open(link_in(place, address, "set-password"))
    assert (reader.place, reader.heading) == ("/app/set-password", SET[language])
    reader.fill(password=password)
    reader.press()
    assert reader.heading == IS_SET[language]


def log_in(reader: Reader, language: str, address: str, password: str) -> None:
    """Log in by the page."""
    reader.open("/app/log-in")
    assert reader.heading == LOG_IN[language]
    reader.fill(email=address, password=password)
    reader.press()
    assert reader.place in ("/app/", "/app/login-sessions")
    reader.open("/app/login-sessions")
    assert reader.heading == WHERE[language]


def with_an_account(reader: Reader, place: Place, language: str) -> str:
    """Sign somebody up, confirm the address, set a password where none stands; give the address."""
    address = registered(place, language)
    confirm(reader, place, language, address)
    body = {"email": address, "password": PASSWORD}
    if place.call("POST", "/api/v1/login-sessions", body).status_code != 201:
        set_password(reader, place, language, address, PASSWORD)
    return address


def look_at(reader: Reader, name: str, language: str, size: dict[str, int], theme: str) -> None:
    """Check what holds for every page, and keep a picture."""
    assert reader.barriers() == "", name
    assert reader.page.locator("html").get_attribute("lang") == language, name
    assert reader.is_turned_right_to_left() is (language == "ar"), name
    assert not reader.overflows(), name
    assert reader.page.title().endswith(reader.heading), name
    reader.keep_picture(f"{name}-{language}-{size['width']}-{theme}")
