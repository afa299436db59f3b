"""A client who knows nothing but the pages: from signing up to a moved appointment and messages,
in a real browser.
"""

import re

import pytest

from tests.journeys.account_holders import (
    CONFIRMED,
    LOG_IN,
    LOOK,
    PASSWORD,
    link_in,
    look_at,
)
from tests.journeys.browsers import DESK, PHONE, OpenReader, Reader
from tests.people import Place, Therapist, unique_email

HELLO = {"ru": "Здравствуйте, Лена", "en": "Hello, Лена", "ar": "أهلًا، Лена"}
MAIN = "main form:not(.languages) button.primary"
LIVE_MILLISECONDS = 20_000


def sign_up(reader: Reader, place: Place, language: str) -> str:
    """Sign up, follow the mail, log in; give the address."""
    address = unique_email(f"lena.{language}")
    reader.open("/app/")
    reader.press("main a[href='/app/sign-up']")
    reader.fill(first_name="Лена", email=address, password=PASSWORD)
    reader.page.select_option("#time_zone", "Asia/Almaty")
    reader.press()
    assert reader.heading == LOOK[language]
    reader.open(link_in(place, address, "confirm-address"))
    reader.press()
    assert reader.heading == CONFIRMED[language]
    reader.open("/app/messages")
    assert reader.heading == LOG_IN[language]
    reader.fill(email=address, password=PASSWORD)
    reader.press()
    assert reader.place == "/app/messages"
    reader.open("/app/")
    assert reader.heading == HELLO[language]
    return address


def choose_hour(reader: Reader, number: int) -> str:
    """Choose one of the hours that are shown; give its instant."""
    hour = reader.page.locator(".hours input").nth(number)
    reader.page.locator(".hours label").nth(number).click()
    found = hour.get_attribute("value")
    assert found
    return found


def book(reader: Reader, therapist: Therapist, number: int = 30) -> str:
    """Book one of a therapist's hours; give where the appointment's page is."""
    reader.open(f"/app/find/{therapist.id}")
    choose_hour(reader, number)
    reader.press(MAIN)
    assert reader.place == f"/app/find/{therapist.id}/book"
    reader.press(MAIN)
    assert re.fullmatch(r"/app/calendar/\d+", reader.place)
    return reader.place


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("language", "has_scripts"),
    [("ru", True), ("ar", True), ("en", False)],
    ids=["ru", "ar", "no-scripts"],
)
def test_a_client_comes_books_moves_writes_and_cancels(
    language: str, has_scripts: bool, place: Place, reading: OpenReader, therapist: Therapist
) -> None:
    therapist.join(place)
    with reading(language, java_script_enabled=has_scripts) as reader:
        sign_up(reader, place, language)
        reader.open("/app/find")
        reader.fill(age="31")
        reader.page.check("#topic-3-yes")
        reader.press(MAIN)
        assert reader.page.locator(".people li").count() >= 1

        appointment = book(reader, therapist)
        reader.page.go_back()
        assert reader.place == f"/app/find/{therapist.id}"  # nothing there books it again
        reader.open(appointment)
        assert token_count(place, therapist) == 1

        reader.press(f"main a[href='{appointment}/move']")
        choose_hour(reader, 3)
        reader.press(MAIN)
        moved = reader.place
        assert moved != appointment
        reader.open(appointment)
        assert reader.page.locator(f"main a[href='{moved}']").count() == 1

        write_to_each_other(reader, place, therapist, has_scripts)

        reader.open(moved)
        reader.page.locator("main summary").click()
        reader.page.fill("#reason", "<b>ill</b>")
        reader.press("main button.danger")
        assert reader.place == moved
        assert "<b>ill</b>" in reader.page.locator("main").inner_text()
        assert token_count(place, therapist) == 0


def token_count(place: Place, therapist: Therapist) -> int:
    """Count the therapist's coming appointments."""
    answer = place.call_when_free(
        "GET", f"/api/v1/appointments?when=coming&practitioner_id={therapist.id}",
        token=place.admin_token(),
    )  # fmt: skip
    return len(answer.json()["items"])


def write_to_each_other(
    reader: Reader, place: Place, therapist: Therapist, has_scripts: bool
) -> None:
    """The client writes by the page; the therapist's answer stands there without a reload."""
    reader.open("/app/messages")
    reader.press("main a.primary")
    reader.page.fill("#text", "")
    reader.press(MAIN)
    assert reader.page.locator("#text-error").count() == 1
    reader.page.fill("#text", "<script>alert(1)</script> Доброе утро")
    reader.press(MAIN)
    assert "<script>alert(1)</script> Доброе утро" in reader.page.locator(".lines").inner_text()
    conversation = reader.place
    logged_in = place.call_when_free(
        "POST", "/api/v1/login-sessions",
        {"email": therapist.email, "password": therapist.password},
    )  # fmt: skip
    token = logged_in.json()["access_token"]
    [found] = place.call("GET", "/api/v1/conversations", token=token).json()["items"]
    reader.page.fill("#text", "not sent yet")
    answer = {"recipient_id": found["client_id"], "text": "Good day to you"}
    assert place.call("POST", "/api/v1/messages", answer, token=token).status_code == 201
    if has_scripts:
        line = reader.page.locator(".lines .other", has_text="Good day to you")
        line.wait_for(timeout=LIVE_MILLISECONDS)
        assert reader.page.input_value("#text") == "not sent yet"
    else:
        reader.open(conversation)
        assert "Good day to you" in reader.page.locator(".lines").inner_text()


def test_a_taken_hour_is_told_and_another_chosen(
    place: Place, reading: OpenReader, therapist: Therapist
) -> None:
    with reading("en") as first, reading("en") as second:
        for reader in (first, second):
            sign_up(reader, place, "en")
            reader.open(f"/app/find/{therapist.id}")
        wanted = choose_hour(first, 20)
        assert choose_hour(second, 20) == wanted
        first.press(MAIN)
        second.press(MAIN)
        assert (
            "Somebody else has just taken this hour"
            in second.page.locator(".problems").inner_text()
        )
        chosen = second.page.locator(".hours input:checked").get_attribute("value")
        assert chosen
        assert chosen != wanted
        second.press(MAIN)
        second.press(MAIN)
        first.press(MAIN)
        assert token_count(place, therapist) == 2


@pytest.mark.embedded
def test_somebody_elses_pages_are_none(
    place: Place, reading: OpenReader, therapist: Therapist
) -> None:
    with reading("en") as owner, reading("en") as stranger:
        sign_up(owner, place, "en")
        appointment = book(owner, therapist)
        owner.open("/app/messages/new")
        owner.page.fill("#text", "only for you")
        owner.press(MAIN)
        conversation = owner.place
        sign_up(stranger, place, "en")
        for path in (appointment, f"{appointment}/move", conversation):
            stranger.open(path)
            assert stranger.heading == "There is no such page", path
            assert "only for you" not in stranger.page.content()


PAGES = (
    "/app/", "/app/help", "/app/find", "/app/calendar", "/app/messages", "/app/steps", "/app/news",
    "/app/settings", "/app/card", "/app/change",
)  # fmt: skip


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("language", "size", "theme"),
    [("ru", PHONE, "light"), ("en", DESK, "dark"), ("ar", PHONE, "dark")],
    ids=["ru-phone-light", "en-desk-dark", "ar-phone-dark"],
)
def test_every_page_of_a_client_is_open_to_everybody(
    language: str, size: dict[str, int], theme: str, place: Place, reading: OpenReader,
    therapist: Therapist,
) -> None:  # fmt: skip
    with reading(language, size, color_scheme=theme) as reader:
        for path in (
            "/app/",
            "/app/sign-up",
            "/app/find",
            f"/app/find/{therapist.id}",
            "/app/help",
        ):
            reader.open(path)
            look_at(reader, f"open{path.replace('/', '-')}", language, size, theme)
        sign_up(reader, place, language)
        appointment = book(reader, therapist)
        look_at(reader, "booked", language, size, theme)
        reader.open("/app/messages/new")
        look_at(reader, "first-message", language, size, theme)
        reader.page.fill("#text", "Доброе утро")
        reader.press(MAIN)
        look_at(reader, "conversation", language, size, theme)
        reader.open("/app/steps")
        reader.press("main .cards a")
        look_at(reader, "step", language, size, theme)
        reader.press(MAIN)
        look_at(reader, "step-begun", language, size, theme)
        for path in (*PAGES, f"{appointment}/move", f"/app/find/{therapist.id}"):
            reader.open(path)
            name = re.sub(r"\d+", "n", path.strip("/").replace("/", "-"))
            look_at(reader, name, language, size, theme)
