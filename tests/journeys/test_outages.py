"""Down, hung and killed parts: what works goes on, what does not says so in its dialect, and
nothing is lost or doubled.
"""

from concurrent.futures import ThreadPoolExecutor

from shared.testing.waiting import eventually
from tests.conftest import place_of
from tests.people import MatchingClient, Place, nth_slot, open_therapist
from tests.running_platform import RunningPlatform

# A mail in the hands of a worker that was killed is another's when its lease is over: two minutes.
LEASE_SECONDS = 150.0


def test_a_service_that_is_down_is_said_in_every_dialect(running: RunningPlatform) -> None:
    place = place_of(running)
    client = MatchingClient(place).register()
    running.stop("notification-web", "booking-web")
    try:
        wellbeing = place.call("GET", "/users/settings/", token=client.session, scheme="Token")
        # its address is not proved, which the gateway knows before it asks the service
        assert wellbeing.status_code == 403
        matching = place.call("POST", "/client_lk", {"session": client.session})
        assert (matching.status_code, matching.json()) == (
            503, {"status": False, "error": "Service unavailable"},
        )  # fmt: skip
        assert int(matching.headers["Retry-After"]) >= 1
        clean = place.call("GET", "/api/v1/notifications", token=client.session)
        assert (clean.status_code, clean.json()["code"]) == (503, "unavailable")
        ready = place.call("GET", "/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert place.call("GET", "/protected", token=client.session).status_code == 200
    finally:
        running.start(["notification-web", "booking-web"])


def test_a_hung_service_is_given_up_in_time_and_holds_nobody_else_back(
    running: RunningPlatform,
) -> None:
    place = place_of(running)
    client = MatchingClient(place).register()
    running.freeze("booking-web")
    try:
        with ThreadPoolExecutor(8) as pool:
            hung = [
                pool.submit(place.call, "POST", "/client_lk", {"session": client.session})
                for _ in range(8)
            ]
            assert place.call("GET", "/protected", token=client.session).status_code == 200
            assert not all(future.done() for future in hung), "it did not wait for the hung ones"
            answers = [future.result() for future in hung]
        assert {answer.status_code for answer in answers} == {503}
    finally:
        running.thaw("booking-web")

    def is_back() -> bool:
        """Ask until the gateway's breaker has let a trial through."""
        return place.call("POST", "/client_lk", {"session": client.session}).status_code == 200

    assert eventually(is_back, every=0.2)


def test_the_notification_service_being_down_never_stops_a_booking(
    running: RunningPlatform,
) -> None:
    place = place_of(running)
    therapist = open_therapist(place)
    client = MatchingClient(place).join()
    running.stop("notification-web", "notification-worker")
    try:
        slot = nth_slot(client.free_hours(therapist), 0)
        assert client.choose(therapist, slot)["status"] is True
    finally:
        running.start(["notification-web", "notification-worker"])
    _told(place, client, 1)


def test_killed_workers_lose_nothing_and_double_nothing(running: RunningPlatform) -> None:
    place = place_of(running)
    therapist = open_therapist(place)
    clients = [MatchingClient(place).join() for _ in range(6)]
    slots = clients[0].free_hours(therapist)
    for number, client in enumerate(clients):
        assert client.choose(therapist, nth_slot(slots, number))["status"] is True
        victim = ["booking-worker", "notification-worker"][number % 2]
        running.kill(victim)
        running.start([victim], wait=False)
    for client in clients:
        _told(place, client, 1)
    for client in clients:
        mails = [m for m in place.mailbox.mails_to(client.email) if m.has_calendar]
        assert len({mail.message_id for mail in mails}) == 1


def _told(place: Place, client: MatchingClient, count: int) -> None:
    def ask() -> bool:
        answer = place.call("GET", "/api/v1/notifications", token=client.session)
        assert answer.status_code == 200, answer.text
        return [item["kind"] for item in answer.json()["items"]].count("alert") == count

    assert eventually(ask, within_seconds=60, every=0.05)
    place.mail_to(client.email, lambda mail: mail.has_calendar, within_seconds=LEASE_SECONDS)
