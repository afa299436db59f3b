"""People are told at once, on the whole platform: from the commit of one service over its relay and
the broker to the gateway's stream.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests

from shared.testing.waiting import eventually
from tests.conftest import place_of
from tests.people import MatchingClient, Place, Therapist, nth_slot
from tests.running_platform import RunningPlatform

Heard = list[tuple[str, dict[str, Any]]]


@contextmanager
def listening(place: Place, token: str) -> Iterator[Heard]:
    """Give what is told, as it comes."""
    heard: Heard = []
    answer = requests.get(
        f"{place.url}/api/v1/stream",
        headers={"Authorization": f"Bearer {token}"},
        stream=True,
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    greeted = threading.Event()

    def read() -> None:
        with suppress(AttributeError, requests.RequestException):  # it is closed while it waits
            _read()

    def _read() -> None:
        name = ""
        for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
            greeted.set()
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data" and name != "heartbeat":  # says only that the line still holds
                heard.append((name, json.loads(value)))

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    assert greeted.wait(10)
    yield heard
    answer.close()


def test_a_booking_and_a_message_reach_whom_they_concern_at_once(
    place: Place, therapist: Therapist
) -> None:
    client, stranger = MatchingClient(place).register(), MatchingClient(place).register()
    therapist.join(place)
    body = {"email": therapist.email, "password": therapist.password}
    theirs = place.call("POST", "/api/v1/login-sessions", body).json()["access_token"]

    with (
        listening(place, client.session) as to_client,
        listening(place, theirs) as to_therapist,
        listening(place, stranger.session) as to_stranger,
    ):
        slot = nth_slot(client.free_hours(therapist), 0)
        assert client.choose(therapist, slot)["status"] is True
        for heard in (to_client, to_therapist):
            eventually(lambda heard=heard: {"appointment", "notification"} <= names(heard))
        booked = dict(to_therapist)["appointment"]
        assert dict(to_client)["appointment"] == booked

        assert client.post("/send_message", psy_id=therapist.id, text="hello") == {"status": True}
        eventually(lambda: "message" in names(to_therapist) and "message" in names(to_client))
        told = dict(to_therapist)["message"]
        conversations = place.call("GET", "/api/v1/conversations", token=theirs).json()["items"]
        assert told["conversation_id"] == conversations[0]["id"]
        assert to_stranger == []


def names(heard: Heard) -> set[str]:
    return {name for name, _ in heard}


def test_a_stream_ends_with_the_logout_and_no_other(place: Place) -> None:
    client = MatchingClient(place).register()
    own = {"user_mail": client.email, "password": client.password}
    other = place.call("POST", "/login", own).json()["session"]
    stream = requests.get(
        f"{place.url}/api/v1/stream",
        headers={"Authorization": f"Bearer {other}"},
        stream=True,
        timeout=60,
    )
    with listening(place, client.session) as heard, stream:
        ended = place.call("DELETE", "/api/v1/login-sessions/current", token=other)
        assert ended.status_code == 204, ended.text
        assert b"retry" in b"".join(stream.iter_content(None))  # and nothing more will come
        refused = place.call("GET", "/api/v1/stream", token=other)
        assert refused.status_code == 401
        place.call("GET", "/api/v1/accounts/me", token=client.session)
        assert heard == []


def test_what_is_said_while_the_gateway_is_away_is_known_to_be_missed(
    running: RunningPlatform,
) -> None:
    place = place_of(running)
    client = MatchingClient(place).register()
    with requests.get(
        f"{place.url}/api/v1/stream",
        headers={"Authorization": f"Bearer {client.session}"},
        stream=True,
        timeout=60,
    ) as stream:
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        last = next(line for line in lines if line.startswith("id: ")).removeprefix("id: ")
        running.stop("gateway")
        assert not any(line.startswith("event") for line in lines)
    running.start(["gateway"])
    with requests.get(
        f"{place.url}/api/v1/stream",
        headers={"Authorization": f"Bearer {client.session}", "Last-Event-ID": last},
        stream=True,
        timeout=60,
    ) as stream:
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(line for line in lines if line.startswith("event")) == "event: resync"
