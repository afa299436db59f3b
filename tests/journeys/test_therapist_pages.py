"""A therapist who knows nothing but the pages: from the invitation to hours that clients see, and
an answered message.
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.account_holders import PASSWORD, READY, link_in, look_at
from tests.journeys.browsers import DESK, OpenReader
from tests.journeys.test_client_pages import MAIN, book, sign_up
from tests.people import Place, Therapist, open_therapist

SAVED = {
    "ru": "Сохранено. Клиенты видят это с этой минуты.",
    "en": "Saved. Clients see it from now on.", "ar": "حُفظ. يراه العملاء من الآن.",
}  # fmt: skip


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("language", "has_scripts"), [("en", True), ("ar", True), ("en", False)],
    ids=["en", "ar", "no-scripts"],
)  # fmt: skip
def test_a_therapist_accepts_writes_hours_and_answers(
    language: str, has_scripts: bool, place: Place, reading: OpenReader
) -> None:
    therapist = open_therapist(place)
    with reading(language, DESK, java_script_enabled=has_scripts) as reader:
        reader.open(link_in(place, therapist.email, "accept-invitation"))
        reader.fill(password=PASSWORD)
        reader.press()
        assert reader.heading == READY[language]
        reader.open("/app/hours")
        reader.fill(email=therapist.email, password=PASSWORD)
        reader.press()
        assert reader.place == "/app/hours"
        # As an Arabic keyboard writes it; every day, so that the test does not hang on today.
        for day in range(7):
            reader.page.fill(f"#day-{day}", "٩–١٢" if language == "ar" else "9–12")
        reader.press(MAIN)
        assert SAVED[language] in reader.page.locator("main").inner_text()
        assert reader.page.input_value("#day-0") == "09:00–12:00"
        if has_scripts:
            look_at(reader, "hours", language, DESK, "light")
        hours = hours_offered(place, therapist)
        assert hours
        assert hours <= {"09", "10", "11"}

        with reading("en") as client:
            sign_up(client, place, "en")
            appointment = book(client, therapist, 5)
            client.open("/app/messages/new")
            client.page.fill("#text", "Good morning")
            client.press(MAIN)
            reader.open("/app/messages")
            assert "Лена" in reader.page.locator("main").inner_text()
            reader.press("main .cards a")
            assert "Good morning" in reader.page.locator(".lines").inner_text()
            reader.page.fill("#text", "See you then")
            reader.press(MAIN)
            client.page.reload()
            assert "See you then" in client.page.locator(".lines").inner_text()
            reader.open(appointment)
            assert "Лена" not in reader.page.content()  # the whole name is for the list
            assert reader.page.locator("button[value=noshow]").count() == 1
            reader.page.locator("main summary").click()
            reader.press("main button.danger")
            client.open(appointment)
            assert "by the therapist" in client.page.locator("main").inner_text()


def hours_offered(place: Place, therapist: Therapist) -> set[str]:
    """Give the hours of the day that are offered, in the schedule's zone."""
    answer = place.call_when_free("GET", f"/api/v1/practitioners/{therapist.id}/slots")
    body = answer.json()
    assert re.fullmatch(r"[A-Za-z/_]+", body["time_zone"])
    zone = ZoneInfo(body["time_zone"])
    return {
        f"{datetime.fromisoformat(each['starts_at']).astimezone(zone):%H}" for each in body["items"]
    }
