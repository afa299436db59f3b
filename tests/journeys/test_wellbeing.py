"""The journey of the wellbeing front end: sign up, prove the address, log in, profile,
notifications, settings.
"""

import pytest

from shared.testing.waiting import eventually
from tests.conftest import place_of
from tests.people import MatchingClient, Place, Therapist, WellbeingClient, nth_slot
from tests.running_platform import RunningPlatform

SENT = "A verification code has been sent to your email"
DEFAULTS = {
    "email_notification": False, "appointments_notification": True, "results_notification": True,
    "marketing_email": False,
}  # fmt: skip


def test_an_address_is_proved_before_the_first_login(place: Place) -> None:
    client = WellbeingClient(place).sign_up()
    body = {"email": client.email, "password": client.password}
    early = place.call("POST", "/users/login/", body)
    assert (early.status_code, early.json()) == (400, {"error": "You need to verify your email"})

    first = place.code_to(client.email)
    again = place.call("POST", "/users/resend_code/", {"email": client.email})
    assert (again.status_code, again.json()) == (200, {"email": client.email, "message": SENT})
    second = place.code_to(client.email, 2)
    if first != second:
        refused = client.verify(first)
        assert (refused.status_code, refused.json()) == (400, {"error": "Can't verify user"})
    verified = client.verify(second)
    assert verified.json() == {
        "email": client.email, "message": "Your email has been verified"
    }  # fmt: skip
    logged_in = place.call("POST", "/users/login", body)
    assert set(logged_in.json()) == {"token", "role", "name"}
    assert logged_in.json()["role"] == "normal"
    client.token = logged_in.json()["token"]

    profile = client.call("GET", "/users/my_profile/")
    assert profile.status_code == 200, profile.text
    seven = {
        "email": client.email, "first_name": "Lena", "last_name": "Ivanova", "birth_date": None,
        "gender": None, "speciality": None,
    }  # fmt: skip
    assert {key: profile.json()[key] for key in seven} == seven
    assert profile.json()["is_premium"] is False


def test_settings_are_read_and_changed(place: Place) -> None:
    client = WellbeingClient(place).join()
    assert client.call("GET", "/users/settings/").json() == DEFAULTS
    changed = client.call("POST", "/users/settings/", {"marketing_email": True})
    expected = {**DEFAULTS, "marketing_email": True}
    assert changed.json() == {**expected, "message": "Settings updated successfully."}
    assert client.call("GET", "/users/settings").json() == expected
    refused = client.call("POST", "/users/settings/", {"marketing_email": "maybe"})
    assert refused.status_code == 400
    assert refused.json() == {"marketing_email": ["Must be a valid boolean."]}


def test_notifications_are_listed_counted_read_and_deleted(
    place: Place, therapist: Therapist
) -> None:
    client = WellbeingClient(place).join()
    booking = MatchingClient(place, email=client.email, session=client.token)
    slot = nth_slot(booking.free_hours(therapist), 0)
    assert booking.choose(therapist, slot)["status"] is True

    count = eventually(
        lambda: client.call("GET", "/users/notifications_count/").json()["count"],
        within_seconds=80,
    )
    listed = client.call("GET", "/users/notifications/").json()
    assert len([item for item in listed if not item["is_read"]]) == count
    assert {item["type"] for item in listed} <= {"message", "alert"}
    assert client.call("GET", "/users/notifications_count/").json() == {"count": 0}
    assert all(item["is_read"] for item in client.call("GET", "/users/notifications/").json())

    gone = client.call("DELETE", "/users/notifications/", {"id": listed[0]["id"]})
    assert gone.json() == {"message": "Notification deleted successfully"}
    twice = client.call("DELETE", "/users/notifications/", {"id": listed[0]["id"]})
    assert (twice.status_code, twice.json()) == (400, {"error": "Notification not found"})
    missing = client.call("DELETE", "/users/notifications/")
    assert missing.json() == {"error": "Notification ID is required"}


def test_signing_up_with_a_verified_address_tells_nobody_but_its_owner(place: Place) -> None:
    client = WellbeingClient(place).join()
    other = WellbeingClient(place, email=client.email, password="another password 9").sign_up()
    place.mail_to(client.email, lambda mail: not mail.has_code)
    assert other.call("POST", "/users/login/", {
        "email": other.email, "password": other.password,
    }).json() == {"non_field_errors": ["Unable to log in with provided credentials."]}  # fmt: skip
    client.log_in()


def test_five_wrong_codes_stay_counted_over_a_restart(running: RunningPlatform) -> None:
    place = place_of(running)
    client = WellbeingClient(place).sign_up()
    right = place.code_to(client.email)
    wrong = [f"{(int(right) + step) % 1_000_000:06d}" for step in range(1, 6)]
    for code in wrong:
        assert client.verify(code).status_code == 400
    running.restart("auth-web")
    assert client.verify(right).json() == {"error": "Can't verify user"}


@pytest.mark.parametrize("path", ["/users/my_profile", "/users/my_profile/"])
def test_both_slash_forms_answer_without_redirect(place: Place, path: str) -> None:
    answer = place.call("GET", path)
    assert answer.status_code == 401
    assert answer.json() == {"detail": "Authentication credentials were not provided."}
