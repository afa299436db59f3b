"""What operators ask a service: alive, ready, and its counts with the backlog of events."""

import pytest
from sqlalchemy import update

from booking_service.tests.factories import Door
from shared.database import Database
from shared.events.readiness import sign
from shared.events.tables import outbox
from shared.testing.clocks import StandingClock


def test_it_lives_and_is_ready_on_a_migrated_database_beside_a_worker(client, database, clock):
    sign(database, clock, instance="one", has_broker=True)
    assert client.get("/healthz").json == {"status": "alive"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "ready")
    assert answer.json["checks"] == dict.fromkeys(
        ("database", "migrations", "keys", "text_keys", "worker", "broker", "outbox"), "ok"
    )


def _degraded(client) -> dict[str, str]:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    return {name: word for name, word in answer.json["checks"].items() if word != "ok"}


def test_a_worker_that_is_gone_makes_it_degraded(client, database: Database, clock: StandingClock):
    assert _degraded(client) == {"worker": "silent"}
    sign(database, clock, instance="one", has_broker=True)
    clock.advance(seconds=31)
    assert _degraded(client) == {"worker": "silent"}
    assert "broker" not in client.get("/readyz").json["checks"], "nobody tells of it"
    sign(database, clock, instance="two", has_broker=True)
    assert client.get("/readyz").json["status"] == "ready"


def test_a_broker_no_worker_reaches_makes_it_degraded(client, database: Database, clock):
    sign(database, clock, instance="one", has_broker=False)
    assert _degraded(client) == {"broker": "unreachable"}
    sign(database, clock, instance="two", has_broker=True)
    assert client.get("/readyz").json["status"] == "ready"


def test_an_event_that_waits_for_more_than_a_minute_makes_it_degraded(
    client, door: Door, therapist: int, database: Database, clock: StandingClock
):
    assert therapist
    since = clock.now()
    database.writing(lambda session: session.execute(update(outbox).values(occurred_at=since)))
    clock.advance(seconds=60)
    sign(database, clock, instance="one", has_broker=True)
    assert client.get("/readyz").json["status"] == "ready"
    clock.advance(seconds=1)
    assert _degraded(client) == {"outbox": f"waiting since {since:%Y-%m-%dT%H:%M:%SZ}"}
    database.writing(lambda session: session.execute(update(outbox).values(published_at=since)))
    assert client.get("/readyz").json["status"] == "ready"


@pytest.mark.parametrize("name", ["hearth_http_requests_total", "hearth_outbox"])
def test_metrics_tell_requests_and_the_backlog(client, name: str):
    client.get("/api/v1/appointments")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert name in answer.get_data(as_text=True)
