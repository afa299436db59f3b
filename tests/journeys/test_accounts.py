"""The journey of user administration: open, read, log in, check, log out; and a logout that
holds.
"""

import uuid

import jwt
import requests

from tests.people import Place, WellbeingClient, unique_email
from tests.running_platform import ADMIN_PASSWORD, RunningPlatform


def _account(**more: str) -> dict[str, str]:
    return {
        "email": unique_email("john"), "user_name": f"john{uuid.uuid4().hex[:10]}",
        "first_name": "John", "last_name": "Doe", "password": "password", "role": "user", **more,
    }  # fmt: skip


def test_an_account_is_opened_read_used_and_logged_out(place: Place) -> None:
    body = _account()
    opened = place.call("POST", "/users", body)
    assert opened.status_code == 201, opened.text
    token = opened.json()["JWT"]
    identifier = jwt.decode(token, options={"verify_signature": False})["id"]

    read = place.call("GET", f"/users/{identifier}", token=token, scheme="")
    assert read.status_code == 200, read.text
    expected = {key: body[key] for key in ("email", "user_name", "first_name", "last_name")}
    assert read.json() == {"id": identifier, **expected, "role": "user"}

    logged_in = place.call("POST", "/login", {k: body[k] for k in ("email", "password")})
    assert logged_in.status_code == 200, logged_in.text
    assert set(logged_in.json()) == {"access_token", "expires_at"}
    second = logged_in.json()["access_token"]
    assert _protected(place, second).json() == {"message": "Token is valid"}
    assert place.call("POST", "/logout", token=second).json() == {"message": "Logout successful"}
    ended = _protected(place, second)
    assert (ended.status_code, ended.json()) == (401, {"error": "Invalid or expired token"})
    assert _protected(place, token).status_code == 200, "the other login session goes on"


def _protected(place: Place, token: str) -> requests.Response:
    return place.call("GET", "/protected", token=token)


def test_a_logged_out_token_stays_refused_after_a_restart_of_the_gateway(
    place: Place, running: RunningPlatform
) -> None:
    token = place.call("POST", "/users", _account()).json()["JWT"]
    assert _protected(place, token).status_code == 200
    assert place.call("POST", "/logout", token=token).status_code == 200
    assert _protected(place, token).status_code == 401
    running.restart("gateway")
    assert _protected(place, token).status_code == 401


def test_basic_credentials_check_and_end_the_login_sessions_of_accounts(place: Place) -> None:
    body = _account()
    token = place.call("POST", "/users", body).json()["JWT"]
    credentials = (body["email"], body["password"])
    assert place.call("GET", "/protected", auth=credentials).status_code == 200
    assert place.call("GET", "/protected", auth=(body["email"], "wrong")).status_code == 401
    assert place.call("GET", "/protected", auth=(token, "")).status_code == 200
    assert place.call("POST", "/logout", auth=credentials).status_code == 200
    assert _protected(place, token).status_code == 401


def test_duplicates_and_privileged_roles_are_refused(place: Place) -> None:
    body = _account()
    assert place.call("POST", "/users", body).status_code == 201
    same_address = place.call("POST", "/users", _account(email=body["email"].upper()))
    assert (same_address.status_code, same_address.json()) == (
        409, {"error": "Invalid request body"},
    )  # fmt: skip
    same_name = place.call("POST", "/users", _account(user_name=body["user_name"].upper()))
    assert same_name.status_code == 409
    for role in ("moderator", "admin", "root"):
        refused = place.call("POST", "/users", _account(role=role))
        assert (refused.status_code, refused.json()) == (400, {"error": "Incorrect field"})


def test_an_address_is_corrected_by_two_staff_members_who_owe_each_other_nothing(
    place: Place, running: RunningPlatform
) -> None:
    client, corrected = WellbeingClient(place).join(), unique_email("lena.corrected")
    identifier = client.call("GET", "/users/my_profile/").json()["id"]
    proposer, other = place.admin_token(), unique_email("second.admin")
    running.make_admin(other)
    body = {"email": other, "password": ADMIN_PASSWORD}
    second = place.call("POST", "/api/v1/login-sessions", body).json()["access_token"]

    path, body = f"/api/v1/accounts/{identifier}/email-corrections", {"email": corrected}
    proposed = place.call("POST", path, body, token=proposer)
    assert proposed.status_code in (201, 202), proposed.text
    approval = f"/api/v1/email-corrections/{proposed.json()['id']}/approval"
    assert place.call("POST", approval, token=proposer).status_code == 403
    assert place.call("POST", approval, token=client.token).status_code == 403
    waiting = place.call("GET", "/api/v1/email-corrections", token=second).json()["items"]
    assert proposed.json()["id"] in [each["id"] for each in waiting]
    assert place.call("POST", approval, token=second).status_code == 202

    proof = {"email": corrected, "code": place.code_to(corrected)}
    assert place.call("POST", "/api/v1/verifications", proof).status_code == 200
    client.email = corrected
    assert client.log_in().call("GET", "/users/my_profile/").json()["email"] == corrected
