"""Who may write to whom is decided at once, by the service that keeps it: no event has to arrive
first.
"""

from collections.abc import Iterator

import pytest

from tests.conftest import place_of
from tests.people import MatchingClient, Place, Therapist, nth_slot, open_therapist
from tests.running_platform import RunningPlatform

NOT_YOURS = {"status": False, "error": "Not your therapist"}


@pytest.fixture
def joined(running: RunningPlatform) -> tuple[Therapist, Therapist]:
    """Give two therapists who can log in: their invitations are mailed while workers still run."""
    place = place_of(running)
    return open_therapist(place).join(place), open_therapist(place).join(place)


@pytest.fixture
def without_workers(
    running: RunningPlatform, joined: tuple[Therapist, Therapist]
) -> Iterator[RunningPlatform]:
    running.stop(*running.workers)
    yield running
    running.start(running.workers)


def _log_in(place: Place, therapist: Therapist) -> str:
    body = {"email": therapist.email, "password": therapist.password}
    token: str = place.call("POST", "/api/v1/login-sessions", body).json()["access_token"]
    return token


def test_messages_follow_the_choice_of_a_therapist_while_no_consumer_runs(
    without_workers: RunningPlatform, joined: tuple[Therapist, Therapist]
) -> None:
    place = place_of(without_workers)
    former, chosen = joined
    client = MatchingClient(place).register()
    own = place.call("GET", "/api/v1/accounts/me", token=client.session).json()["id"]
    reply = {"recipient_id": own, "text": "Good morning"}
    former_token, chosen_token = _log_in(place, former), _log_in(place, chosen)

    assert client.post("/send_message", psy_id=former.id, text="hello") == NOT_YOURS
    assert place.call("POST", "/api/v1/messages", reply, token=former_token).status_code == 403

    slot = nth_slot(client.free_hours(former), 0)
    assert client.choose(former, slot)["status"] is True
    assert client.post("/send_message", psy_id=former.id, text="hello") == {"status": True}
    answered = place.call("POST", "/api/v1/messages", reply, token=former_token)
    assert answered.status_code == 201, answered.text

    assert client.post("/change_therapist", psy_id=former.id, problems=[1])["status"] is True
    assert client.post("/send_message", psy_id=former.id, text="still there?") == NOT_YOURS
    refused = place.call("POST", "/api/v1/messages", reply, token=former_token)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_in_care")

    slot = nth_slot(client.free_hours(chosen), 0)
    assert client.choose(chosen, slot)["status"] is True
    assert client.post("/send_message", psy_id=chosen.id, text="hello")["status"] is True
    assert place.call("POST", "/api/v1/messages", reply, token=chosen_token).status_code == 201
    assert client.post("/send_message", psy_id=former.id, text="and you?") == NOT_YOURS
