"""What both brokers and both kinds of databases promise together, seen through two services'
workers.
"""

from collections.abc import Sequence
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.database import Database
from shared.events import relay as relay_module
from shared.events.broker import Message, Outcome, OutcomeKind, Publisher
from shared.events.envelope import Envelope, Event
from shared.events.inbox import MOST_TRIES, PAUSES_SECONDS, RetryLater, UnprocessableEvent
from shared.events.nudge import SilentNudge, install_nudge
from shared.events.outbox import add_to_outbox, ask_again
from shared.events.relay import Relay
from shared.events.tables import inbox, messaging_metadata
from shared.events.worker import Worker
from shared.logs import correlation, current_correlation_id
from shared.testing.waiting import eventually
from shared.tests.events.parts import (
    ADDED,
    CONSUMER,
    HAPPENED,
    LATE_CONSUMER,
    TOLD,
    UNHEARD,
    FailsAtFirst,
    Platform,
    effects_metadata,
    record_effect,
    write_catalogue,
)


def test_an_event_is_handled_once_and_arrives_as_it_was_announced(platform: Platform):
    heard: list[tuple[Envelope, str | None]] = []

    def listen(session: Session, envelope: Envelope) -> None:
        heard.append((envelope, current_correlation_id()))
        record_effect(session, envelope)

    platform.start(platform.producer_worker(), platform.consumer_worker({HAPPENED: listen}))
    with correlation("request-7"):
        (event_id,) = platform.announce("a", 1)

    eventually(lambda: platform.inbox_states() == {event_id: "done"})
    eventually(lambda: platform.pending() == 0)
    (envelope, correlation_id) = heard[-1]
    assert platform.effects_of("a") == [1]
    assert (envelope.id, envelope.type, envelope.subject) == (event_id, HAPPENED, "thing/a")
    assert (envelope.source, envelope.data) == ("/hearth/auth_service", {"number": 1})
    assert envelope.sequence == platform.outbox_row(event_id)["sequence"]
    assert (envelope.correlation_id, correlation_id) == ("request-7", "request-7")


def test_a_rolled_back_transaction_announces_nothing(platform: Platform):
    platform.start()
    with pytest.raises(ZeroDivisionError):
        platform.producer.writing(lambda session: _announce_and_fail(platform, session))
    platform.announce("a", 2)

    eventually(lambda: platform.effects_of("a") == [2])
    assert platform.effect_count() == 1


def _announce_and_fail(platform: Platform, session: Session) -> None:
    event = Event(type=HAPPENED, subject="thing/a", data={"number": 1})
    add_to_outbox(session, event, catalogue=platform.catalogue)
    raise ZeroDivisionError


def test_events_of_one_subject_keep_their_order_while_one_is_tried_again(platform: Platform):
    platform.start(
        platform.producer_worker(),
        platform.consumer_worker({HAPPENED: FailsAtFirst({1: 2})}),
    )
    platform.announce("a", 1, 2, 3)
    platform.announce("b", 11, 12)

    eventually(lambda: platform.effects_of("b") == [11, 12])
    assert platform.effects_of("a") == []
    platform.advance(seconds=PAUSES_SECONDS[0])
    eventually(lambda: _attempts(platform, 1) == 2)
    assert platform.effects_of("a") == []
    platform.advance(seconds=PAUSES_SECONDS[1])
    eventually(lambda: platform.effects_of("a") == [1, 2, 3])


def _has_attempts(platform: Platform, wanted: int) -> bool:
    return _attempts(platform, 1) == wanted


def _attempts(platform: Platform, position: int) -> int:
    wanted = select(inbox.c.attempts).where(inbox.c.position == position)
    return platform.consumer.reading(lambda session: session.scalar(wanted)) or 0


def test_many_events_of_few_subjects_arrive_in_order(platform: Platform):
    for number in range(40):
        platform.announce(f"s{number % 4}", number)
    platform.start()

    eventually(lambda: platform.effect_count() == 40, within_seconds=60)
    for index in range(4):
        assert platform.effects_of(f"s{index}") == list(range(index, 40, 4))


def test_what_was_not_acknowledged_comes_again_in_order_and_counts_once(platform: Platform):
    platform.announce("a", 1, 2, 3)
    platform.start(platform.producer_worker())
    eventually(lambda: platform.pending() == 0)
    broken_off = platform.broker().subscription(CONSUMER)
    received = eventually(lambda: broken_off.receive(limit=10, timeout_seconds=1))
    broken_off.close()
    assert received

    platform.start(platform.consumer_worker())
    eventually(lambda: platform.effects_of("a") == [1, 2, 3])
    eventually(lambda: set(platform.inbox_states().values()) == {"done"})


def test_an_event_delivered_again_and_again_is_never_dropped(platform: Platform):
    """RabbitMQ gives up after twenty deliveries; what it gives up still has to arrive."""
    platform.announce("a", 1)
    platform.start(platform.producer_worker())
    eventually(lambda: platform.pending() == 0)
    broker = platform.broker()
    for _ in range(25):
        broken_off = broker.subscription(CONSUMER)
        broken_off.receive(limit=10, timeout_seconds=1)
        broken_off.close()

    platform.start(platform.consumer_worker())
    eventually(lambda: platform.effects_of("a") == [1])


def test_five_hundred_events_leave_with_their_confirms_outstanding_together(platform: Platform):
    sizes: list[int] = []
    broker = platform.broker()
    open_publisher = broker.publisher

    def counting() -> Publisher:
        publisher = open_publisher()
        publish = publisher.publish

        def counted(messages: Sequence[Message]) -> Sequence[Outcome]:
            sizes.append(len(messages))
            return publish(messages)

        publisher.publish = counted  # type: ignore[method-assign]
        return publisher

    broker.publisher = counting  # type: ignore[method-assign]
    platform.producer.writing(lambda session: _announce_many(platform, session, 500))
    relay = Relay(
        database=platform.producer,
        broker=broker,
        catalogue=platform.catalogue,
        nudge=SilentNudge(),
        clock=platform.clock,
    )
    assert relay.publish_batch()
    relay.close()

    assert sizes == [500]
    assert platform.pending() == 0


def _announce_many(platform: Platform, session: Session, count: int) -> None:
    for number in range(count):
        event = Event(type=HAPPENED, subject=f"thing/{number}", data={"number": number})
        add_to_outbox(session, event, catalogue=platform.catalogue)


def test_the_same_event_twice_on_the_broker_has_one_effect(platform: Platform):
    platform.start(platform.consumer_worker())
    (event_id,) = platform.announce("a", 1)
    (next_id,) = platform.announce("b", 2)
    broker = platform.broker()
    broker.declare(platform.catalogue.topology())
    publisher = broker.publisher()
    messages = [
        Message(event_id=each, type=HAPPENED, body=_body(platform, each))
        for each in (event_id, event_id, next_id)
    ]
    outcomes = [*publisher.publish(messages[:1]), *publisher.publish(messages[1:])]
    publisher.close()

    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.CONFIRMED}
    eventually(lambda: platform.effects_of("b") == [2])
    assert platform.effects_of("a") == [1]


def _body(platform: Platform, event_id: str) -> bytes:
    row = platform.outbox_row(event_id)
    return Envelope(
        id=event_id,
        type=row["type"],
        source=row["source"],
        subject=row["subject"],
        sequence=row["sequence"],
        time=row["occurred_at"],
        correlation_id=None,
        data={"number": int(row["data"].split(":")[1].rstrip("}"))},
    ).to_json()


def test_what_cannot_be_read_goes_to_quarantine_and_holds_nobody_up(platform: Platform):
    broker = platform.broker()
    broker.declare(platform.catalogue.topology())
    publisher = broker.publisher()
    unreadable = [b"not json", b"[" * 100_000, b'{"specversion": "0.3"}', b"\xff\x00"]
    for number, body in enumerate(unreadable):
        publisher.publish([Message(event_id=f"bad-{number}", type=HAPPENED, body=body)])
    publisher.close()
    platform.start()
    platform.announce("a", 1)

    eventually(lambda: platform.effects_of("a") == [1])
    assert platform.quarantined() == unreadable


def test_an_event_nobody_is_meant_to_hear_leaves(platform: Platform):
    platform.start(platform.producer_worker())
    (event_id,) = platform.announce("a", 1, event_type=UNHEARD)

    eventually(lambda: platform.outbox_row(event_id)["published_at"] is not None)


def test_an_event_without_a_queue_stays_with_its_reason_and_keeps_its_subject_in_order(
    platform: Platform,
):
    grown = write_catalogue(
        platform.folder_named("grown"),
        {HAPPENED: [CONSUMER], TOLD: [CONSUMER], ADDED: [CONSUMER]},
    )
    old_worker = platform.producer_worker()  # its catalogue does not know the added type yet
    platform.start(old_worker)
    with platform.speaking(grown):
        (added,) = platform.announce("a", 1, event_type=ADDED)
        (behind,) = platform.announce("a", 2)
        (beside,) = platform.announce("b", 3)

    eventually(lambda: platform.outbox_row(beside)["published_at"] is not None)
    row = eventually(lambda: _returned(platform, added))
    assert row["problem"].startswith("returned")
    assert platform.outbox_row(behind)["published_at"] is None

    assert old_worker.stop()
    handlers = {HAPPENED: record_effect, TOLD: record_effect, ADDED: record_effect}
    platform.start(
        platform.consumer_worker(handlers, catalogue=grown),
        platform.producer_worker(catalogue=grown),
    )
    platform.advance(minutes=5)
    eventually(lambda: platform.effects_of("a") == [1, 2])
    eventually(lambda: platform.pending() == 0)  # heard may be before marked
    assert platform.effects_of("b") == [3]
    assert platform.outbox_row(added)["problem"] is None


def _returned(platform: Platform, event_id: str):
    row = platform.outbox_row(event_id)
    return row if row["problem"] else None


def test_a_service_that_starts_for_the_first_time_after_the_event_gets_it(
    platform: Platform, make_database_url
):
    platform.start()
    platform.announce("a", 1, event_type=TOLD)
    eventually(lambda: platform.effects_of("a") == [1])

    late = Database(make_database_url("sqlite", "late"))
    messaging_metadata.create_all(late.engine)
    effects_metadata.create_all(late.engine)
    worker = Worker(
        service=LATE_CONSUMER,
        database=late,
        broker=platform.broker(),
        nudge=install_nudge(late),
        handlers={TOLD: record_effect},
        catalogue=platform.catalogue,
        heartbeat_file=platform.folder_named("late") / "heartbeat",
    )
    worker.start()
    eventually(lambda: _done_count(late) == 1)
    assert worker.stop()
    late.dispose()


def _done_count(database: Database) -> int:
    counting = select(func.count()).select_from(inbox).where(inbox.c.state == "done")
    return database.reading(lambda session: session.scalar(counting)) or 0


def test_events_announced_while_the_consumer_is_down_wait_for_it(platform: Platform):
    platform.start()
    platform.announce("a", 1)
    eventually(lambda: platform.effects_of("a") == [1])
    platform.stop()
    platform.start(platform.producer_worker())
    platform.announce("a", 2, 3)
    eventually(lambda: platform.pending() == 0)
    assert platform.effects_of("a") == [1]

    platform.start(platform.consumer_worker())
    eventually(lambda: platform.effects_of("a") == [1, 2, 3])


def test_events_announced_while_no_worker_runs_leave_when_one_does(platform: Platform):
    platform.announce("a", 1, 2, 3)
    assert platform.pending() == 3
    platform.start()

    eventually(lambda: platform.effects_of("a") == [1, 2, 3])


def test_events_that_arrive_while_the_database_is_down_are_not_lost(platform: Platform):
    platform.start()
    platform.announce("a", 1)
    eventually(lambda: platform.effects_of("a") == [1])
    bring_up = platform.take_database_down()
    try:
        platform.announce("a", 2, 3)
        platform.announce("b", 4)
        eventually(lambda: platform.pending() == 0)
    finally:
        bring_up()

    eventually(lambda: platform.effects_of("a") == [1, 2, 3], within_seconds=60)
    eventually(lambda: platform.effects_of("b") == [4])


def test_connections_cut_while_events_travel_lose_and_double_nothing(platform: Platform):
    platform.start()
    for round_number in range(3):
        platform.announce("a", *range(round_number * 20, round_number * 20 + 10))
        platform.interrupt()
        platform.announce("a", *range(round_number * 20 + 10, round_number * 20 + 20))

    eventually(lambda: platform.effect_count() == 60, within_seconds=60)
    assert platform.effects_of("a") == list(range(60))
    eventually(lambda: platform.pending() == 0)


def test_the_second_worker_of_a_service_takes_over_when_the_first_stops(platform: Platform):
    first = (platform.producer_worker(), platform.consumer_worker())
    second = (platform.producer_worker(), platform.consumer_worker())
    platform.start(*first)
    platform.announce("a", 1)
    eventually(lambda: platform.effects_of("a") == [1])
    platform.start(*second)
    platform.announce("a", *range(2, 10))
    assert all(worker.stop() for worker in first)
    platform.announce("a", *range(10, 20))

    eventually(lambda: platform.effects_of("a") == list(range(1, 20)))


def test_a_type_without_a_handler_is_recorded_as_ignored(platform: Platform):
    platform.start(platform.producer_worker(), platform.consumer_worker({HAPPENED: record_effect}))
    (told,) = platform.announce("a", 1, event_type=TOLD)
    (happened,) = platform.announce("a", 2)

    eventually(lambda: platform.inbox_states() == {told: "ignored", happened: "done"})
    assert platform.effects_of("a") == [2]


def test_an_unprocessable_event_is_dead_at_once_and_lets_its_subject_go_on(platform: Platform):
    def refuse_the_first(session: Session, envelope: Envelope) -> None:
        record_effect(session, envelope)
        if envelope.data["number"] == 1:
            raise UnprocessableEvent("this can never be done")

    platform.start(
        platform.producer_worker(), platform.consumer_worker({HAPPENED: refuse_the_first})
    )
    (dead, done) = platform.announce("a", 1, 2)

    eventually(lambda: platform.inbox_states() == {dead: "dead", done: "done"})
    assert platform.effects_of("a") == [2]


def test_an_event_that_always_fails_is_dead_after_eight_tries(platform: Platform):
    platform.start(
        platform.producer_worker(),
        platform.consumer_worker({HAPPENED: FailsAtFirst({1: 1000})}),
    )
    (dead, done) = platform.announce("a", 1, 2)
    for tries, pause in enumerate(PAUSES_SECONDS, start=1):
        eventually(partial(_has_attempts, platform, tries))
        assert platform.inbox_states()[dead] == "received"
        platform.advance(seconds=pause)

    eventually(lambda: platform.inbox_states() == {dead: "dead", done: "done"})
    assert _attempts(platform, 1) == MOST_TRIES == 8
    assert platform.effects_of("a") == [2]


def test_a_handler_may_ask_to_wait_without_using_up_its_tries(platform: Platform):
    waits = {"left": 9}  # more than the tries an event has

    def wait_first(session: Session, envelope: Envelope) -> None:
        if waits["left"]:
            waits["left"] -= 1
            raise RetryLater(delay_seconds=30)
        record_effect(session, envelope)

    platform.start(platform.producer_worker(), platform.consumer_worker({HAPPENED: wait_first}))
    platform.announce("a", 1)
    for left in range(8, -1, -1):
        eventually(partial(_has_left, waits, left))
        eventually(lambda: _is_waiting(platform))
        platform.advance(seconds=31)

    eventually(lambda: platform.effects_of("a") == [1])


def _has_left(waits: dict[str, int], left: int) -> bool:
    return waits["left"] == left


def _is_waiting(platform: Platform) -> bool:
    wanted = select(inbox.c.retry_at)
    retry_at = platform.consumer.reading(lambda session: session.scalar(wanted))
    return retry_at is not None and retry_at > platform.clock.now()


def test_republished_events_reach_new_hearers_and_change_nothing_for_old_ones(
    platform: Platform, make_database_url
):
    platform.start()
    start = platform.clock.now()
    platform.announce("a", 1, 2, event_type=TOLD)
    eventually(lambda: platform.effects_of("a") == [1, 2])
    eventually(lambda: platform.pending() == 0)  # heard may be before marked
    count = platform.producer.writing(
        lambda session: ask_again(session, event_type=TOLD, since=start)
    )
    platform.announce("a", 3)

    assert count == 2
    eventually(lambda: platform.effects_of("a") == [1, 2, 3])
    eventually(lambda: platform.pending() == 0)
    assert platform.effect_count() == 3


def test_the_nudge_wakes_the_relay_that_would_not_look_by_itself(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(relay_module, "LOOK_AGAIN_SECONDS", 3600.0)
    platform.start()
    for number in range(5):
        platform.announce("a", number)
        eventually(partial(_has_arrived, platform, number))


def test_without_the_nudge_the_relay_looks_by_itself(platform: Platform):
    platform.start(platform.producer_worker(nudged=False), platform.consumer_worker())
    for number in range(2):
        platform.announce("a", number)
        eventually(partial(_has_arrived, platform, number))


def _has_arrived(platform: Platform, number: int) -> bool:
    return number in platform.effects_of("a")
