"""Many at once, over HTTP, at a booking service with two workers: one winner, no server error."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.conftest import place_of
from tests.people import (
    MatchingClient,
    Place,
    Therapist,
    WellbeingClient,
    nth_slot,
    open_therapist,
    soonest_offered,
)
from tests.running_platform import RunningPlatform


@pytest.fixture(scope="module")
def two_workers(running: RunningPlatform) -> Iterator[RunningPlatform]:
    running.environment["WEB_WORKERS"] = "2"
    running.restart("booking-web")
    del running.environment["WEB_WORKERS"]
    yield running
    running.restart("booking-web")


def _clients(place: Place, count: int) -> list[MatchingClient]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda _: MatchingClient(place).register(), range(count)))


def test_fifty_clients_on_one_hour_have_one_winner(two_workers: RunningPlatform) -> None:
    place = place_of(two_workers)
    therapist = open_therapist(place)
    clients = _clients(place, 50)
    starts_at = soonest_offered(place, therapist, clients[0].session)
    barrier = threading.Barrier(50)

    def book(client: MatchingClient) -> requests.Response:
        body = {"practitioner_id": therapist.id, "starts_at": starts_at}
        barrier.wait()
        return place.call("POST", "/api/v1/appointments", body, token=client.session)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(book, clients))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: 1, 409: 49}, statuses
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"slot_taken"}


def test_two_clients_moving_into_each_others_hours_200_times_give_no_server_error(
    two_workers: RunningPlatform,
) -> None:
    place = place_of(two_workers)
    therapist = open_therapist(place)
    first, second = _clients(place, 2)
    slots = first.free_hours(therapist)
    hours = [nth_slot(slots, 0), nth_slot(slots, 1), nth_slot(slots, 2)]
    assert first.choose(therapist, hours[0])["status"] is True
    assert second.choose(therapist, hours[1])["status"] is True

    def keep_moving(client: MatchingClient, shift: int) -> Counter[str]:
        seen: Counter[str] = Counter()
        for turn in range(200):
            answer = client.choose(therapist, hours[(turn + shift) % 3])
            seen[str(answer.get("error", "moved"))] += 1
        return seen

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(keep_moving, (first, second), (1, 2)))
    for result in results:
        assert set(result) <= {"moved", "This time is not available"}, result
        assert result["moved"] > 0
    rooms = [client.post("/client_lk")["psy_time_slots"] for client in (first, second)]
    assert rooms[0] != rooms[1], "two clients never share an hour"
    assert all(room in hours for room in rooms)


def test_one_code_used_fifty_times_at_once_has_one_winner(place: Place) -> None:
    client = WellbeingClient(place).sign_up()
    code = place.code_to(client.email)
    barrier = threading.Barrier(50)

    def verify(_: int) -> int:
        barrier.wait()
        return client.verify(code).status_code

    with ThreadPoolExecutor(50) as pool:
        statuses = Counter(pool.map(verify, range(50)))
    assert statuses[200] == 1
    assert statuses[200] + statuses[400] + statuses[429] + statuses[503] == 50, statuses


def test_the_therapist_of_the_race_is_booked_once(
    two_workers: RunningPlatform, therapist: Therapist
) -> None:
    place = place_of(two_workers)
    clients = _clients(place, 12)
    slot = nth_slot(clients[0].free_hours(therapist), 1)
    barrier = threading.Barrier(12)

    def choose(client: MatchingClient) -> bool:
        barrier.wait()
        return client.choose(therapist, slot)["status"] is True

    with ThreadPoolExecutor(12) as pool:
        winners = list(pool.map(choose, clients))
    assert winners.count(True) == 1
    mine = [client.post("/client_lk")["psy_time_slots"] == slot for client in clients]
    assert mine == winners


def test_the_workers_of_a_service_count_together(two_workers: RunningPlatform) -> None:
    place = place_of(two_workers)
    page = two_workers.service_url("booking") + "/metrics"
    asked = 'hearth_http_requests_total{method="GET",route="/api/v1/practitioners",'

    def counted() -> int:
        lines = requests.get(page, timeout=5).text.splitlines()
        return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines if asked in line)

    token = MatchingClient(place).register().session
    before = counted()
    for _ in range(40):
        assert place.call("GET", "/api/v1/practitioners", token=token).status_code == 200
    assert {counted() - before for _ in range(20)} == {40}, "whichever worker is asked"
