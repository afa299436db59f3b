"""Refusals a client meets: each in its dialect with a clear error, never a 500, and nothing
half-written.
"""

import base64
import json
from typing import Any
from urllib.parse import urljoin

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.people import MatchingClient, Place, Therapist, nth_slot, unique_email

JSON = {"Content-Type": "application/json"}


def _raw(place: Place, path: str, body: bytes, **headers: str) -> requests.Response:
    return requests.post(
        place.url + path, data=body, headers={**JSON, **headers}, timeout=15, allow_redirects=False
    )


BAD_BODIES = {
    "unreadable": b'{"user_mail": ',
    "not UTF-8": b'{"user_mail": "\xff"}',
    "100,000 brackets": b"[" * 50_000,
    "NaN": b'{"user_mail": NaN}',
    "duplicate keys": b'{"user_mail": "a", "user_mail": "b"}',
    "lone surrogate": b'{"user_mail": "\\ud800"}',
    "NUL": b'{"user_mail": "a\\u0000b", "password": "x"}',
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_refused_in_each_dialect(place: Place, name: str) -> None:
    body = BAD_BODIES[name]
    wellbeing = _raw(place, "/users/login/", body)
    accounts = _raw(place, "/users", body)
    matching = _raw(place, "/registration", body)
    clean = _raw(place, "/api/v1/login-sessions", body)
    assert wellbeing.status_code == 400
    assert accounts.status_code in (400, 409)
    assert set(accounts.json()) == {"error"}
    assert (matching.status_code, matching.json()["status"]) == (200, False)
    assert clean.status_code in (400, 422)
    assert clean.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("size", [64 * 1024 + 1, 300_000])
def test_a_body_over_the_limit_is_refused_in_each_dialect(place: Place, size: int) -> None:
    body = json.dumps({"email": "x" * size}).encode()
    wellbeing = _raw(place, "/users/login/", body)
    assert (wellbeing.status_code, wellbeing.json()) == (413, {"detail": "Body too large."})
    accounts = _raw(place, "/users", body)
    assert (accounts.status_code, accounts.json()) == (413, {"error": "Body too large"})
    matching = _raw(place, "/registration", body)
    assert (matching.status_code, matching.json()) == (
        200, {"status": False, "error": "Body too large"},
    )  # fmt: skip
    assert _raw(place, "/api/v1/login-sessions", body).status_code == 413


def _forged(place: Place, session: str) -> dict[str, str]:
    claims = jwt.decode(session, options={"verify_signature": False})
    header = jwt.get_unverified_header(session)
    key = Ed25519PrivateKey.generate()
    none_header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    body = session.split(".")[1]
    return {
        "another key": jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": header["kid"]}),
        "unknown kid": jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": "nobody"}),
        "none": f"{none_header}.{body}.",
        "HS256 with the public key": jwt.encode(
            claims, "k" * 32, algorithm="HS256", headers={"kid": header["kid"]}
        ),
        "changed body": session[:-60] + ("A" if session[-60] != "A" else "B") + session[-59:],
        "no token at all": "abc",
    }


def test_forged_tokens_are_refused_in_each_dialect(place: Place) -> None:
    session = MatchingClient(place).register().session
    for name, token in _forged(place, session).items():
        wellbeing = place.call("GET", "/users/settings/", token=token, scheme="Token")
        assert (wellbeing.status_code, wellbeing.json()) == (401, {"detail": "Invalid token"}), name
        accounts = place.call("GET", "/protected", token=token)
        assert (accounts.status_code, accounts.json()) == (
            401, {"error": "Invalid or expired token"},
        ), name  # fmt: skip
        matching = place.call("POST", "/client_lk", {"session": token})
        assert matching.json() == {"status": False, "error": "Invalid session"}, name
        clean = place.call("GET", "/api/v1/accounts/me", token=token)
        assert (clean.status_code, clean.json()["code"]) == (401, "invalid_token"), name


UNBOOKABLE: dict[str, Any] = {
    "a day that does not exist": {"Fri 31 February": 9},
    "no label": {"soon": 9},
    "an hour of no day": {"Thu 7 July": 24},
    "two hours": {"Thu 7 July": [9, 11]},
    "no hour": {},
    "a text": "Thu 7 July",
    "a list": [9],
}


@pytest.mark.parametrize("name", UNBOOKABLE)
def test_an_impossible_hour_is_refused(place: Place, therapist: Therapist, name: str) -> None:
    client = MatchingClient(place).register()
    answer = client.post("/select_therapist", psy_id=therapist.id, psy_time_slots=UNBOOKABLE[name])
    assert answer["status"] is False
    assert answer["error"]
    assert client.post("/client_lk")["psy_id"] is None


def test_a_weekday_that_does_not_fit_and_an_hour_never_offered_are_refused(
    place: Place, therapist: Therapist
) -> None:
    client = MatchingClient(place).register()
    label = next(iter(client.free_hours(therapist)))
    weekday, day, month = label.split()
    wrong = next(name for name in ("Mon", "Tue") if name != weekday)
    for slot in ({f"{wrong} {day} {month}": 9}, {label: 3}):
        answer = client.choose(therapist, slot)
        assert answer == {"status": False, "error": "This time is not available"}


def test_a_past_hour_is_refused(place: Place, therapist: Therapist) -> None:
    client = MatchingClient(place).register()
    body = {"practitioner_id": therapist.id, "starts_at": "2020-07-06T09:00:00Z"}
    answer = place.call("POST", "/api/v1/appointments", body, token=client.session)
    assert (answer.status_code, answer.json()["code"]) == (409, "hour_not_offered")


def test_unknown_paths_and_wrong_methods_answer_in_the_paths_dialect(place: Place) -> None:
    below = place.call("GET", "/users/nothing/here/")
    assert (below.status_code, below.json()) == (404, {"detail": "Not found."})
    elsewhere = place.call("GET", "/nowhere")
    assert elsewhere.status_code == 404
    assert elsewhere.headers["Content-Type"] == "application/problem+json"
    wellbeing = place.call("GET", "/users/signup/")
    assert (wellbeing.status_code, wellbeing.json()) == (
        405, {"detail": 'Method "GET" not allowed.'},
    )  # fmt: skip
    assert "POST" in wellbeing.headers["Allow"]
    accounts = place.call("DELETE", "/protected")
    assert (accounts.status_code, accounts.json()) == (405, {"error": "Method not allowed"})
    matching = place.call("GET", "/get_time")
    assert matching.json() == {"status": False, "error": "Method not allowed"}
    number = place.call(
        "GET", "/users/abc", token=MatchingClient(place).register().session, scheme=""
    )
    assert (number.status_code, number.json()) == (400, {"error": "Incorrect field"})


def test_wrong_passwords_and_unknown_addresses_answer_alike(place: Place) -> None:
    client = MatchingClient(place).register()
    for email in (client.email, unique_email("nobody")):
        body = {"email": email, "password": "wrong password"}
        wellbeing = place.call("POST", "/users/login/", body)
        assert (wellbeing.status_code, wellbeing.json()) == (
            400, {"non_field_errors": ["Unable to log in with provided credentials."]},
        )  # fmt: skip
        accounts = place.call("POST", "/login", body)
        assert (accounts.status_code, accounts.json()) == (401, {"error": "Invalid credentials"})
        clean = place.call("POST", "/api/v1/login-sessions", body)
        assert (clean.status_code, clean.json()["code"]) == (401, "invalid_credentials")


def test_a_taken_hour_is_refused(place: Place, therapist: Therapist) -> None:
    first, second = MatchingClient(place).register(), MatchingClient(place).register()
    slot = nth_slot(first.free_hours(therapist), 0)
    assert first.choose(therapist, slot)["status"] is True
    assert second.choose(therapist, slot)["error"] == "This time is not available"


def test_a_refusal_of_a_service_leads_to_the_page_about_it(place: Place) -> None:
    refused = requests.post(
        f"{place.url}/api/v1/verifications",
        json={"email": unique_email(), "code": "123456", "secret": "x" * 43},
        timeout=15,
    )
    assert refused.json()["code"] == "code_not_accepted"
    told = requests.get(urljoin(refused.url, refused.json()["type"]), timeout=15).json()
    assert told["code"] == "code_not_accepted"
    assert told["status"] == refused.status_code
    assert "POST /api/v1/verifications" in {
        f"{each['method']} {each['path']}" for each in told["operations"]
    }
