"""The worker as a whole: what was announced leaves over the bus, what others say is heard."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chat_service.queries.care_relations import has_heard_of_care
from chat_service.settings import Settings
from chat_service.tests.factories import CLIENT, THERAPIST, Caller, care_event
from chat_service.worker import create_worker
from shared.database import Database
from shared.events.broker import Message, OutcomeKind
from shared.events.brokers import create_broker
from shared.events.catalogue import shipped_catalogue
from shared.events.tables import inbox, outbox
from shared.testing.waiting import eventually


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_worker_sends_what_was_announced_and_hears_what_others_say(
    in_care: tuple[Caller, Caller], settings: Settings, database: Database
):
    client, _ = in_care
    client.write(THERAPIST)
    heard = care_event("started", sequence=1)
    broker = create_broker(settings.broker_url)
    broker.declare(shipped_catalogue().topology())
    publisher = broker.publisher()
    message = Message(event_id=heard.id, type=heard.type, body=heard.to_json())
    assert [each.kind for each in publisher.publish([message])] == [OutcomeKind.CONFIRMED]
    publisher.close()
    worker = create_worker(settings)
    worker.start()
    try:
        eventually(lambda: _is_quiet(database), within_seconds=60)
    finally:
        assert worker.stop()
        broker.close()
    assert database.reading(lambda session: has_heard_of_care(session, CLIENT, THERAPIST))


def _is_quiet(database: Database) -> bool:
    """Tell whether everything announced has left and one heard event was handled."""

    def look(session: Session) -> bool:
        waiting = select(outbox.c.sequence).where(outbox.c.published_at.is_(None))
        states = session.execute(select(inbox.c.state)).scalars().all()
        return session.execute(waiting).first() is None and list(states) == ["done"]

    return database.reading(look)


def test_the_worker_is_put_together_from_relay_consumer_inbox_and_timed_jobs(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("chat_service.worker.Database", lambda _url: database)
    worker = create_worker(settings)
    try:
        assert sorted(worker.role_names) == [
            "consumer",
            "inbox",
            "job:prune",
            "job:prune_messages",
            "job:reseal",
            "job:sign",
            "relay",
        ]
    finally:
        assert worker.stop()
