"""Whoever opens an account with somebody else's address keeps no door into it once its owner has
proved the address.
"""

import pytest

from tests.people import Place, WellbeingClient, unique_email

STRANGERS_PASSWORD = "the password of a stranger 1"


def _by_wellbeing(place: Place, email: str) -> list[str]:
    WellbeingClient(place, email, STRANGERS_PASSWORD).sign_up()
    place.code_to(email)
    return []


def _by_accounts(place: Place, email: str) -> list[str]:
    body = {
        "email": email, "user_name": email.partition("@")[0], "first_name": "Not",
        "last_name": "Lena", "password": STRANGERS_PASSWORD, "role": "user",
    }  # fmt: skip
    token: str = place.call("POST", "/users", body).json()["JWT"]
    place.code_to(email)
    return [token]


def _by_matching(place: Place, email: str) -> list[str]:
    body = {"user_name": "Not Lena", "user_mail": email, "password": STRANGERS_PASSWORD}
    token: str = place.call("POST", "/registration", body).json()["session"]
    place.code_to(email)
    return [token]


WAYS_IN = {"wellbeing": _by_wellbeing, "accounts": _by_accounts, "matching": _by_matching}


def _is_good(place: Place, token: str) -> bool:
    """Tell whether a token opens each of the dialects, or none of them."""
    matching = place.call("POST", "/client_lk", {"session": token}).json()["status"]
    accounts = place.call("GET", "/protected", token=token).status_code == 200
    clean = place.call("GET", "/api/v1/accounts/me", token=token).status_code == 200
    assert matching == accounts == clean
    return accounts


@pytest.mark.parametrize("way", WAYS_IN)
def test_a_registration_by_a_stranger_gives_no_door(place: Place, way: str) -> None:
    email = unique_email("lena")
    theirs = {"email": email, "password": STRANGERS_PASSWORD}
    tokens = WAYS_IN[way](place, email)
    opened = place.call("POST", "/api/v1/login-sessions", theirs).json()
    refresh = {"refresh_token": opened["refresh_token"]}
    tokens.append(opened["access_token"])
    assert all(_is_good(place, token) for token in tokens)

    owner = WellbeingClient(place, email).sign_up()
    assert owner.verify(place.code_to(email, 2)).status_code == 200
    link = place.mail_to(email, lambda mail: "set-password?token=" in mail.text).text

    assert not any(_is_good(place, token) for token in tokens)
    assert place.call("POST", "/api/v1/login-sessions/refresh", refresh).status_code == 401
    wellbeing = place.call("POST", "/users/login/", theirs)
    assert (wellbeing.status_code, wellbeing.json()) == (
        400, {"non_field_errors": ["Unable to log in with provided credentials."]},
    )  # fmt: skip
    assert place.call("POST", "/login", theirs).status_code == 401
    matching = {"user_mail": email, "password": STRANGERS_PASSWORD}
    assert place.call("POST", "/login", matching).json()["status"] is False
    assert place.call("POST", "/api/v1/login-sessions", theirs).status_code == 401

    refused = place.call("POST", "/users/login/", {"email": email, "password": owner.password})
    assert (refused.status_code, refused.json()) == (wellbeing.status_code, wellbeing.json())
    token = link.partition("set-password?token=")[2].split()[0]
    body = {"token": token, "password": owner.password}
    assert place.call("POST", "/api/v1/password-resets/confirm", body).status_code == 200
    assert owner.log_in().call("GET", "/users/my_profile/").json()["email"] == email
