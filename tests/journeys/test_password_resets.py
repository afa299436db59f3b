"""A reset code is worth one password, once; and an old password is worth nothing."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.people import Place, WellbeingClient

NEW_PASSWORD = "a new password 2"
CANNOT_VERIFY = (400, {"error": "Can't verify code"})
NO_CODE = (400, {"error": "There is no verification code for this user"})


def _said(answer: requests.Response) -> tuple[int, object]:
    return answer.status_code, answer.json()


def _asked_code(client: WellbeingClient) -> str:
    """Ask for a reset; give the mailed code."""
    asked = client.place.call("POST", "/users/reset_password/", {"email": client.email})
    assert asked.json()["password"] == "", "the answer carries no secret"
    return client.place.mail_to(client.email, lambda mail: "reset code" in mail.text).code


def _use(client: WellbeingClient, code: str, password: str = NEW_PASSWORD) -> requests.Response:
    body = {"email": client.email, "code": code, "password": password}
    return client.place.call("POST", "/users/verify_reset_password/", body)


def _doors(place: Place, email: str, password: str) -> list[bool]:
    """Tell which of the four ways to log in the password opens; a busy platform is asked again."""
    body = {"email": email, "password": password}
    return [
        place.call_when_free("POST", "/users/login/", body).status_code == 200,
        place.call_when_free("POST", "/login", body).status_code == 200,
        place.call_when_free("POST", "/login", {"user_mail": email, "password": password}).json()[
            "status"
        ],
        place.call_when_free("POST", "/api/v1/login-sessions", body).status_code == 201,
    ]


def test_one_reset_code_used_fifty_times_at_once_has_one_winner(place: Place) -> None:
    client = WellbeingClient(place).sign_up()
    code = _asked_code(client)
    barrier = threading.Barrier(50)

    def use(number: int) -> int:
        barrier.wait()
        return _use(client, code, f"{NEW_PASSWORD} of {number}").status_code

    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(use, range(50)))
    counted = Counter(statuses)
    assert counted[200] == 1, counted
    assert counted[200] + counted[400] + counted[429] + counted[503] == 50, counted
    winner = f"{NEW_PASSWORD} of {statuses.index(200)}"
    assert _doors(place, client.email, winner) == [True] * 4


def test_a_reset_code_cannot_be_used_twice(place: Place) -> None:
    client = WellbeingClient(place).sign_up()
    code = _asked_code(client)
    assert _use(client, code).status_code == 200
    assert _said(_use(client, code, "yet another password 3")) == NO_CODE
    assert _doors(place, client.email, NEW_PASSWORD) == [True] * 4


def test_six_wrong_codes_spoil_the_right_one(place: Place) -> None:
    client = WellbeingClient(place).sign_up()
    code = _asked_code(client)
    for step in range(1, 7):
        wrong = f"{(int(code) + step) % 1_000_000:06d}"
        assert _said(_use(client, wrong)) == CANNOT_VERIFY, step
    assert _said(_use(client, code)) == CANNOT_VERIFY
    assert _doors(place, client.email, NEW_PASSWORD) == [False] * 4


def test_a_reset_ends_every_login_session_and_the_old_password(place: Place) -> None:
    client = WellbeingClient(place).join()
    assert _use(client, _asked_code(client)).status_code == 200
    ended = client.call("GET", "/users/settings/")
    assert _said(ended) == (401, {"detail": "Invalid token"})
    assert _doors(place, client.email, client.password) == [False] * 4
    assert _doors(place, client.email, NEW_PASSWORD) == [True] * 4


def test_after_a_change_the_old_password_and_the_other_login_sessions_are_dead(
    place: Place,
) -> None:
    client = WellbeingClient(place).join()
    elsewhere = WellbeingClient(place, client.email, client.password).log_in()
    passwords = {"old_password": client.password, "new_password": NEW_PASSWORD}
    assert client.call("POST", "/users/change_password/", passwords).status_code == 200
    assert client.call("GET", "/users/settings/").status_code == 200
    assert elsewhere.call("GET", "/users/settings/").status_code == 401
    assert _doors(place, client.email, client.password) == [False] * 4
    assert _doors(place, client.email, NEW_PASSWORD) == [True] * 4
