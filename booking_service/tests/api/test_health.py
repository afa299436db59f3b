"""What operators ask a service: alive, ready, and its counts with the backlog of events."""

import pytest
from sqlalchemy import text

from shared.database import Database


def test_it_lives_and_is_ready_on_a_migrated_database(client):
    assert client.get("/healthz").json == {"status": "alive"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "ready")
    assert answer.json["checks"]["migrations"] == "ok"


def test_it_is_not_ready_on_a_database_of_an_older_release(client, database: Database):
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    try:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json["checks"]["migrations"]) == (503, "failing")
    finally:
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))


@pytest.mark.parametrize("name", ["hearth_http_requests_total", "hearth_outbox"])
def test_metrics_tell_requests_and_the_backlog(client, name: str):
    client.get("/api/v1/appointments")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert name in answer.get_data(as_text=True)
