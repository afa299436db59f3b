"""The same main job through `/api/v1`, as a new client walks it; and what newcomers are shown."""

from html.parser import HTMLParser

from tests.people import Place, Therapist, WellbeingClient, soonest_offered


def test_a_client_books_moves_and_cancels(place: Place, therapist: Therapist) -> None:
    client = WellbeingClient(place).join()
    token = place.call(
        "POST", "/api/v1/login-sessions", {"email": client.email, "password": client.password}
    ).json()["access_token"]
    found = place.call("GET", "/api/v1/matches", token=token)
    assert found.status_code == 200, found.text

    body = {
        "practitioner_id": therapist.id,
        "starts_at": soonest_offered(place, therapist, token),
    }
    headers = {"Idempotency-Key": f"key-{therapist.id}"}
    booked = place.call("POST", "/api/v1/appointments", body, token=token, headers=headers)
    assert booked.status_code == 201, booked.text
    repeated = place.call("POST", "/api/v1/appointments", body, token=token, headers=headers)
    assert (repeated.status_code, repeated.json()) == (201, booked.json())
    assert repeated.headers["Idempotency-Replayed"] == "true"

    path = f"/api/v1/appointments/{booked.json()['id']}"
    later = soonest_offered(place, therapist, token, 5)
    moved = place.call("POST", f"{path}/reschedule", {"starts_at": later}, token=token)
    assert moved.status_code == 201, moved.text
    assert moved.json()["state"] == "booked"
    assert place.call("GET", path, token=token).json()["rescheduled_to"] == moved.json()["id"]

    new_path = f"/api/v1/appointments/{moved.json()['id']}"
    cancelled = place.call("POST", f"{new_path}/cancellation", {"reason": "ill"}, token=token)
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    twice = place.call("POST", f"{new_path}/cancellation", {"reason": "ill"}, token=token)
    assert twice.status_code == 409
    history = place.call("GET", f"{new_path}/history", token=token)
    assert history.status_code == 200
    assert len(history.json()["items"]) >= 2


def test_somebody_elses_appointment_cannot_be_seen_or_touched(
    place: Place, therapist: Therapist
) -> None:
    owner, stranger = WellbeingClient(place).join(), WellbeingClient(place).join()
    starts_at = soonest_offered(place, therapist, owner.token)
    body = {"practitioner_id": therapist.id, "starts_at": starts_at}
    booked = place.call("POST", "/api/v1/appointments", body, token=owner.token).json()
    path = f"/api/v1/appointments/{booked['id']}"
    attempts = [
        place.call("GET", path, token=stranger.token),
        place.call("GET", f"{path}/history", token=stranger.token),
        place.call("POST", f"{path}/cancellation", {}, token=stranger.token),
        place.call("POST", f"{path}/reschedule", {"starts_at": starts_at}, token=stranger.token),
    ]
    assert [answer.status_code for answer in attempts] == [404, 404, 404, 404]
    assert place.call("GET", path, token=owner.token).json()["state"] == "booked"


class _Sources(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_documents_are_merged_and_the_page_loads_nothing_from_outside(place: Place) -> None:
    document = place.call("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    for path in ("/api/v1/appointments", "/api/v1/accounts", "/api/v1/notifications"):
        assert path in paths
    assert not [path for path in paths if path.startswith("/internal")]
    page = place.call("GET", "/docs")
    if page.status_code in (301, 302, 307, 308):
        page = place.call("GET", page.headers["Location"].removeprefix(place.url))
    assert page.status_code == 200
    parser = _Sources()
    parser.feed(page.text)
    assert parser.found
    assert not [source for source in parser.found if source.startswith(("http:", "https:", "//"))]


def test_internal_paths_and_metrics_are_not_there_for_the_public(place: Place) -> None:
    for path in ("/internal/v1/accounts/1", "/metrics", "/api/v1/../../internal/v1/accounts/1"):
        answer = place.call("GET", path)
        assert answer.status_code == 404, path
        assert answer.headers["Content-Type"] == "application/problem+json"
