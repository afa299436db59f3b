"""One account, three doors: a token of one dialect opens the others, and a logout closes all."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.people import (
    MatchingClient,
    Place,
    Therapist,
    WellbeingClient,
    nth_slot,
    soonest_offered,
)


def _wellbeing(place: Place, token: str) -> requests.Response:
    return place.call("GET", "/users/my_profile/", token=token, scheme="Token")


def _tokens_of(client: WellbeingClient) -> dict[str, str]:
    """Log in through each dialect and the clean API."""
    place, theirs = client.place, {"email": client.email, "password": client.password}
    matching = {"user_mail": client.email, "password": client.password}
    return {
        "wellbeing": client.token,
        "accounts": place.call("POST", "/login", theirs).json()["access_token"],
        "matching": place.call("POST", "/login", matching).json()["session"],
        "/api/v1": place.call("POST", "/api/v1/login-sessions", theirs).json()["access_token"],
    }


def test_a_token_of_one_dialect_opens_the_others_urls(place: Place) -> None:
    client = WellbeingClient(place).join()
    identifier = client.call("GET", "/users/my_profile/").json()["id"]
    for dialect, token in _tokens_of(client).items():
        assert _wellbeing(place, token).json()["id"] == identifier, dialect
        read = place.call("GET", f"/users/{identifier}", token=token, scheme="")
        assert read.json()["email"] == client.email, dialect
        room = place.call("POST", "/client_lk", {"session": token}).json()
        assert (room["status"], room["session"]) == (True, token), dialect
        me = place.call("GET", "/api/v1/accounts/me", token=token)
        assert me.json()["id"] == identifier, dialect


def test_wellbeing_insists_on_a_proved_address_whoever_made_the_token(place: Place) -> None:
    client = MatchingClient(place).register()
    refused = _wellbeing(place, client.session)
    assert (refused.status_code, refused.json()) == (
        403, {"detail": "You need to verify your email"},
    )  # fmt: skip
    assert place.call("GET", "/protected", token=client.session).status_code == 200

    verified = WellbeingClient(place, client.email, "a wellbeing password 1")
    assert verified.verify(place.code_to(client.email)).status_code == 200
    # the account was opened elsewhere and used: its password proves nobody, a link sets another
    token = place.mail_to(client.email, lambda mail: mail.has_link and not mail.has_code).link_token
    body = {"token": token, "password": verified.password}
    assert place.call("POST", "/api/v1/password-resets/confirm", body).status_code == 200
    verified.log_in()
    assert _wellbeing(place, verified.token).status_code == 200


SERVICES: dict[str, Callable[[Place, str], requests.Response]] = {
    "auth": lambda place, token: place.call("GET", "/api/v1/accounts/me", token=token),
    "profile": lambda place, token: place.call("GET", "/api/v1/profiles/me", token=token),
    "booking": lambda place, token: place.call("GET", "/api/v1/appointments", token=token),
    "chat": lambda place, token: place.call("GET", "/api/v1/guided-sessions", token=token),
    "notification": lambda place, token: place.call("GET", "/api/v1/notifications", token=token),
}


@pytest.mark.parametrize("way", ["accounts", "matching", "/api/v1"])
def test_a_token_after_logout_is_refused_by_every_service_at_once(place: Place, way: str) -> None:
    token = MatchingClient(place).register().session
    for service, ask in SERVICES.items():
        assert ask(place, token).status_code == 200, service
    ended = {
        "accounts": lambda: place.call("POST", "/logout", token=token),
        "matching": lambda: place.call("POST", "/logout", {"session": token}),
        "/api/v1": lambda: place.call("DELETE", "/api/v1/login-sessions/current", token=token),
    }[way]()
    assert ended.status_code in (200, 204), ended.text

    barrier = threading.Barrier(len(SERVICES))

    def ask_together(service: str) -> int:
        barrier.wait()
        return SERVICES[service](place, token).status_code

    with ThreadPoolExecutor(len(SERVICES)) as pool:
        assert list(pool.map(ask_together, SERVICES)) == [401] * len(SERVICES)


@pytest.mark.parametrize("way", ["a new password", "a reset", "ending it"])
def test_nobody_goes_on_with_what_an_ended_login_session_began(
    place: Place, therapist: Therapist, way: str
) -> None:
    """A move that was announced and an hour that is held are worth nothing without the session."""
    client = MatchingClient(place).join()
    hours = client.free_hours(therapist)
    chosen = nth_slot(hours, 0)
    assert client.choose(therapist, chosen)["status"] is True
    theirs = {"user_mail": client.email, "password": client.password}
    stolen = MatchingClient(
        place, client.email, session=place.call("POST", "/login", theirs).json()["session"]
    )
    begun = stolen.post("/re_sheldure", psy_id=therapist.id)
    assert begun["status"] is True, begun
    held = {
        "practitioner_id": therapist.id,
        "starts_at": soonest_offered(place, therapist, stolen.session, 5),
    }
    assert place.call("POST", "/api/v1/holds", held, token=stolen.session).status_code == 201

    owner = _ended(place, client, way)

    move = {"psy_id": therapist.id, "psy_time_slots": nth_slot(begun["psy_time_slots"], 9)}
    moved = stolen.post("/re_sheldure", **move, time_token=begun["time_token"])
    assert moved["status"] is False, moved
    booked = place.call("POST", "/api/v1/appointments", held, token=stolen.session)
    assert booked.status_code == 401, booked.text
    assert owner.post("/client_lk")["psy_time_slots"] == chosen
    own = owner.post("/re_sheldure", psy_id=therapist.id)["time_token"]
    assert owner.post("/re_sheldure", **move, time_token=own)["status"] is True


def _ended(place: Place, client: MatchingClient, way: str) -> MatchingClient:
    """Let the owner end the stolen login session; give the owner's own."""
    new = "another matching password 2"
    if way == "a new password":
        body = {"old_password": client.password, "new_password": new}
        path = "/api/v1/accounts/me/password"
        assert place.call("PUT", path, body, token=client.session).status_code == 204
        return client
    if way == "ending it":
        listed = place.call("GET", "/api/v1/login-sessions", token=client.session).json()["items"]
        for each in listed:
            if not each["is_current"]:
                path = f"/api/v1/login-sessions/{each['id']}"
                assert place.call("DELETE", path, token=client.session).status_code == 204
        return client
    asked = place.call("POST", "/api/v1/password-resets", {"email": client.email})
    assert asked.status_code == 202
    code = place.mail_to(client.email, lambda mail: "reset code" in mail.text).code
    body = {"email": client.email, "code": code, "password": new}
    assert place.call("POST", "/api/v1/password-resets/confirm", body).status_code == 200
    theirs = {"user_mail": client.email, "password": new}
    session = place.call("POST", "/login", theirs).json()["session"]
    return MatchingClient(place, client.email, new, session)


def test_what_was_begun_with_a_stolen_token_ends_with_the_password(
    place: Place, therapist: Therapist
) -> None:
    """A hold, a token to move an appointment, a refresh token, a ticket for a stream: none of them
    is worth anything once their login session has ended.
    """
    client = WellbeingClient(place).join()
    theirs = {"email": client.email, "password": client.password}
    stolen = place.call("POST", "/api/v1/login-sessions", theirs).json()
    token = stolen["access_token"]
    hours = place.call("GET", f"/api/v1/practitioners/{therapist.id}/slots", token=token).json()
    first, second, third = (item["starts_at"] for item in hours["items"][:3])
    wanted = {"practitioner_id": therapist.id, "starts_at": first}
    booked = place.call("POST", "/api/v1/appointments", wanted, token=token).json()["id"]
    path = f"/api/v1/appointments/{booked}"
    moving = place.call("POST", f"{path}/reschedule-tokens", {}, token=token)
    assert moving.status_code == 201, moving.text
    held = place.call("POST", "/api/v1/holds", {**wanted, "starts_at": second}, token=token)
    assert held.status_code == 201, held.text
    ticket = place.call("POST", "/api/v1/stream-tickets", token=token).json()["ticket"]

    new = {"old_password": client.password, "new_password": "a quite different lake 2"}
    own = place.call("POST", "/api/v1/login-sessions", theirs).json()["access_token"]
    changed = place.call("PUT", "/api/v1/accounts/me/password", new, token=own)
    assert changed.status_code in (200, 204), changed.text

    move = {"starts_at": third, "reschedule_token": moving.json()["token"]}
    book = {**wanted, "starts_at": second}
    refresh = {"refresh_token": stolen["refresh_token"]}
    assert [
        place.call("POST", f"{path}/reschedule", move, token=token).status_code,
        place.call("POST", "/api/v1/appointments", book, token=token).status_code,
        place.call("POST", "/api/v1/login-sessions/refresh", refresh).status_code,
        place.call("GET", f"/api/v1/stream?ticket={ticket}").status_code,
    ] == [401, 401, 401, 401]
