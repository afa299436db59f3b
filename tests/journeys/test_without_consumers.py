"""Every step answers right while no consumer runs; only mails and notifications wait, and come
when the workers are back.
"""

from collections.abc import Iterator

import pytest

from shared.testing.waiting import eventually
from tests.conftest import place_of
from tests.people import (
    MatchingClient,
    Place,
    WellbeingClient,
    nth_slot,
    open_therapist,
)
from tests.running_platform import RunningPlatform


@pytest.fixture
def without_workers(running: RunningPlatform) -> Iterator[RunningPlatform]:
    running.stop(*running.workers)
    yield running
    missing = [name for name in running.workers if name not in running.processes]
    running.start(missing)


def test_the_main_job_needs_no_consumer(without_workers: RunningPlatform) -> None:
    place = place_of(without_workers)
    therapist = open_therapist(place)
    client = MatchingClient(place).register()
    assert client.post("/userdata", user_age=30, user_experience=True, user_isindividual=True,
                       user_filters="10", user_sex_preference=2, user_time_preference=0,
                       user_cash_preference=0) == {"status": True}  # fmt: skip
    listed = client.post("/select_therapist")
    assert therapist.id in [entry["psy_id"] for entry in listed["data"]]
    slots = client.free_hours(therapist)
    assert client.choose(therapist, nth_slot(slots, 0))["status"] is True
    assert client.choose(therapist, nth_slot(slots, 3))["status"] is True
    assert client.post("/client_lk")["psy_id"] == therapist.id

    own = place.call("GET", "/api/v1/profiles/me", token=client.session)
    assert own.status_code == 200, own.text
    assert own.json()["email"] == client.email
    read = place.call("GET", f"/users/{own.json()['account_id']}", token=client.session, scheme="")
    assert read.status_code == 200, read.text
    settings = place.call("GET", "/api/v1/notification-settings/me", token=client.session)
    assert settings.json()["appointments_notification"] is True
    assert place.call("GET", "/api/v1/notifications", token=client.session).json()["items"] == []

    signed_up = WellbeingClient(place).sign_up()
    assert place.mailbox.mails_to(signed_up.email) == []
    assert place.mailbox.mails_to(client.email) == []

    without_workers.start(without_workers.workers)
    assert signed_up.verify(place.code_to(signed_up.email)).status_code == 200
    _told_twice(place, client)


def _told_twice(place: Place, client: MatchingClient) -> None:
    def ask() -> bool:
        answer = place.call("GET", "/api/v1/notifications", token=client.session)
        return [item["kind"] for item in answer.json()["items"]].count("alert") == 2

    assert eventually(ask, within_seconds=80)
