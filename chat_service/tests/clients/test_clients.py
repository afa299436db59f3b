"""The two services that are asked, over a real socket."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from chat_service.clients.care_relations import BookingCareRelations
from chat_service.clients.profiles import ProfileServiceProfiles
from chat_service.domain.people import ProfileAnswer
from shared.errors import Unavailable
from shared.http.client import ServiceClient
from shared.testing.clocks import StandingClock
from shared.testing.tokens import INTERNAL_KEY

PROFILE = {
    "account_id": 17,
    "locale": "ru",
    "is_premium": False,
    "premium_since": None,
    "progress": {"completed_stages": 0},
}
RELATIONS = {
    "items": [{"client_id": 17, "practitioner_id": 42, "started_at": "2026-07-06T08:00:00.000000Z"}]
}


class Sibling:
    """A service that answers everything with what it was told."""

    def __init__(self) -> None:
        self.status = 200
        self.body: bytes = b"{}"
        self.requests: list[tuple[str, dict[str, str]]] = []
        sibling = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                sibling.requests.append((self.path, dict(self.headers)))
                self.send_response(sibling.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sibling.body)))
                self.end_headers()
                self.wfile.write(sibling.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def says(self, body: Any, status: int = 200) -> None:
        self.status, self.body = status, json.dumps(body).encode()


@pytest.fixture
def sibling() -> Iterator[Sibling]:
    made = Sibling()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def asking(sibling: Sibling) -> Iterator[ServiceClient]:
    made = ServiceClient("sibling", sibling.url, INTERNAL_KEY)
    yield made
    made.close()


@pytest.fixture
def profiles(asking: ServiceClient) -> ProfileServiceProfiles:
    return ProfileServiceProfiles(asking, StandingClock())


@pytest.fixture
def booking(asking: ServiceClient) -> BookingCareRelations:
    return BookingCareRelations(asking)


def test_the_profile_is_asked_with_the_callers_own_token(
    sibling: Sibling, profiles: ProfileServiceProfiles
):
    sibling.says(PROFILE)
    assert profiles.own_profile("the-token") == ProfileAnswer(locale="ru", premium_since=None)
    path, headers = sibling.requests[0]
    assert path == "/api/v1/profiles/me"
    assert headers["Authorization"] == "Bearer the-token"


def test_a_members_first_day_is_told(sibling: Sibling, profiles: ProfileServiceProfiles):
    since = "2026-07-01T10:00:00.000000Z"
    sibling.says({**PROFILE, "is_premium": True, "premium_since": since})
    assert profiles.own_profile("t").premium_since == datetime(2026, 7, 1, 10, tzinfo=UTC)
    sibling.says({**PROFILE, "is_premium": True})
    assert profiles.own_profile("t").premium_since == StandingClock().now()


def test_the_membership_alone_is_asked_with_the_callers_own_token(
    sibling: Sibling, profiles: ProfileServiceProfiles
):
    sibling.says({"account_id": 17, "is_premium": False, "started_at": None})
    assert profiles.own_membership("the-token") == ProfileAnswer(locale=None, premium_since=None)
    path, headers = sibling.requests[0]
    assert path == "/api/v1/memberships/me"
    assert headers["Authorization"] == "Bearer the-token"
    sibling.says({"is_premium": True, "started_at": "2026-07-01T10:00:00.000000Z"})
    assert profiles.own_membership("t").premium_since == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_a_profile_may_know_no_language(sibling: Sibling, profiles: ProfileServiceProfiles):
    sibling.says({"locale": None, "is_premium": False})
    assert profiles.own_profile("t") == ProfileAnswer(locale=None, premium_since=None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"code": "profile_not_found"}, 404),
        ({"code": "invalid_token"}, 401),
        ({}, 500),
        ([], 200),
        ("profile", 200),
        (None, 200),
        ({"locale": "ru"}, 200),
        ({"is_premium": "yes"}, 200),
        ({"premium_since": "soon", "started_at": "soon", "is_premium": True}, 200),
    ],
)
def test_another_answer_of_profile_counts_as_none(
    sibling: Sibling, profiles: ProfileServiceProfiles, body: Any, status: int
):
    sibling.says(body, status)
    for ask in (profiles.own_profile, profiles.own_membership):
        with pytest.raises(Unavailable):
            ask("t")


def test_whether_two_are_in_care_is_asked_each_time(
    sibling: Sibling, booking: BookingCareRelations
):
    sibling.says(RELATIONS)
    assert booking.is_in_care(17, 42) is True
    sibling.says({"items": []})
    assert booking.is_in_care(17, 42) is False
    path, headers = sibling.requests[0]
    assert path == "/internal/v1/care-relations?client_id=17&practitioner_id=42"
    assert headers["X-Internal-Key"] == INTERNAL_KEY
    assert len(sibling.requests) == 2


def test_a_care_relation_with_somebody_else_does_not_count(
    sibling: Sibling, booking: BookingCareRelations
):
    sibling.says(RELATIONS)
    assert booking.is_in_care(17, 43) is False
    assert booking.is_in_care(18, 42) is False


def test_partners_are_asked_for_by_side_and_kept_a_moment(
    sibling: Sibling, booking: BookingCareRelations
):
    sibling.says(RELATIONS)
    assert booking.partners_of(17, is_client=True) == {42}
    assert booking.partners_of(42, is_client=False) == {17}
    sibling.says({"items": []})
    assert booking.partners_of(17, is_client=True) == {42}
    assert [path for path, _ in sibling.requests] == [
        "/internal/v1/care-relations?client_id=17",
        "/internal/v1/care-relations?practitioner_id=42",
    ]


def test_partners_are_not_kept_for_longer(sibling: Sibling, asking: ServiceClient):
    booking = BookingCareRelations(asking, kept_seconds=0)
    sibling.says(RELATIONS)
    assert booking.partners_of(17, is_client=True) == {42}
    sibling.says({"items": []})
    assert booking.partners_of(17, is_client=True) == frozenset()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 200),
        ({"items": [{"client_id": 17}]}, 200),
        ({"items": [{"client_id": "17", "practitioner_id": 42}]}, 200),
        ([], 200),
        (None, 200),
        ({"code": "not_authenticated"}, 401),
        ({"code": "invalid_request"}, 422),
        ({}, 503),
    ],
)
def test_another_answer_of_booking_counts_as_none(
    sibling: Sibling, booking: BookingCareRelations, body: Any, status: int
):
    sibling.says(body, status)
    with pytest.raises(Unavailable):
        booking.is_in_care(17, 42)
    with pytest.raises(Unavailable):
        booking.partners_of(17, is_client=True)


def test_a_service_that_is_not_there_counts_as_no_answer():
    nobody = ServiceClient("nobody", "http://127.0.0.1:9", INTERNAL_KEY)
    with pytest.raises(Unavailable):
        BookingCareRelations(nobody).is_in_care(17, 42)
    with pytest.raises(Unavailable):
        ProfileServiceProfiles(nobody, StandingClock()).own_profile("t")
