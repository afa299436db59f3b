"""What operators type: the same commands on both kinds of databases, whatever the broker."""

import json
import os
from datetime import timedelta

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from shared.clock import SystemClock
from shared.database import Database
from shared.events.catalogue import Catalogue, shipped_catalogue, shipped_example
from shared.events.commands import events_group, worker_health_command
from shared.events.envelope import Event
from shared.events.inbox import UnprocessableEvent, handle_waiting, receive
from shared.events.outbox import add_to_outbox, mark_published, mark_returned
from shared.events.retention import prune_messages
from shared.events.tables import inbox, messaging_metadata, outbox, quarantine
from shared.testing.clocks import StandingClock
from shared.tests.events.parts import (
    HAPPENED,
    PRODUCER,
    effects,
    effects_metadata,
    write_catalogue,
)

CLOCK = StandingClock()
EXAMPLE = shipped_example("auth.account.changed.v1")


@pytest.fixture
def database(database_url: str):
    made = Database(database_url)
    messaging_metadata.create_all(made.engine)
    effects_metadata.create_all(made.engine)
    yield made
    made.dispose()


@pytest.fixture
def run(database, tmp_path):
    runner = CliRunner()
    group = click.Group("service")
    things = write_catalogue(tmp_path, {HAPPENED: []})
    catalogue = Catalogue(entries={**shipped_catalogue().entries, **things.entries})
    group.add_command(events_group(PRODUCER, lambda: database, lambda: catalogue))

    def invoke(*arguments: str):
        return runner.invoke(group, ["events", *arguments])

    return invoke


def refuse(_session, _envelope) -> None:
    raise UnprocessableEvent("a colleague said no")


def count_effect(session, envelope) -> None:
    session.execute(
        effects.insert().values(event_id=envelope.id, subject=envelope.subject, number=1)
    )


@pytest.fixture
def dead(database) -> str:
    receive(database, [EXAMPLE.to_json()], CLOCK)
    assert handle_waiting(database, {EXAMPLE.type: refuse}, CLOCK) == 1
    return EXAMPLE.id


def state(database: Database) -> str:
    return str(database.reading(lambda session: session.scalar(select(inbox.c.state))))


def lines(result) -> list[dict]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_dead_events_are_listed_with_their_reason_and_without_their_content(run, dead):
    result = run("list")
    (line,) = lines(result)
    assert (line["id"], line["type"]) == (dead, EXAMPLE.type)
    assert line["problem"] == "a colleague said no"
    assert EXAMPLE.data["email"] not in result.output


@pytest.mark.parametrize("how", ["--all", EXAMPLE.id])
def test_a_replayed_event_is_handled_again(run, database, dead, how: str):
    assert run("replay", how).output == "1 replayed\n"
    assert handle_waiting(database, {EXAMPLE.type: count_effect}, CLOCK) == 1
    assert state(database) == "done"


def test_a_dropped_event_is_given_up_but_still_recognised(run, database, dead):
    assert run("drop", dead).output == "1 dropped\n"
    assert state(database) == "dropped"
    assert receive(database, [EXAMPLE.to_json()], CLOCK) == 0
    assert handle_waiting(database, {EXAMPLE.type: count_effect}, CLOCK) == 0


def test_a_handled_event_is_neither_replayed_nor_dropped(run, database):
    receive(database, [EXAMPLE.to_json()], CLOCK)
    handle_waiting(database, {EXAMPLE.type: count_effect}, CLOCK)
    for command in ("replay", "drop"):
        result = run(command, EXAMPLE.id)
        assert result.exit_code == 1
        assert "no such event" in result.output
    assert state(database) == "done"


def test_an_ignored_event_is_replayed_once_a_release_can_handle_it(run, database):
    receive(database, [EXAMPLE.to_json()], CLOCK)
    handle_waiting(database, {}, CLOCK)
    assert lines(run("list", "--state", "ignored"))[0]["id"] == EXAMPLE.id
    run("replay", EXAMPLE.id)
    handle_waiting(database, {EXAMPLE.type: count_effect}, CLOCK)
    assert state(database) == "done"


@pytest.mark.parametrize("arguments", [[], ["some-id", "--all"]])
def test_replay_wants_one_event_or_all(run, arguments: list[str]):
    assert run("replay", *arguments).exit_code == 2


@pytest.mark.parametrize("event_id", ["nothing", "q5", "q", "q²"])
@pytest.mark.parametrize("command", ["replay", "drop"])
def test_an_event_that_is_not_there_is_a_clear_refusal(run, command: str, event_id: str):
    result = run(command, event_id)
    assert (result.exit_code, "no such event" in result.output) == (1, True)


def test_what_is_in_quarantine_is_listed_dropped_and_replayed_once_it_can_be_read(run, database):
    receive(database, [b"broken", b"broken too", b"broken"], CLOCK)
    first, second = lines(run("list", "--state", "quarantined"))
    assert (first["bytes"], second["bytes"]) == (6, 10)
    assert run("replay", first["id"]).exit_code == 1
    assert run("drop", first["id"]).exit_code == 0
    repaired = update(quarantine).values(body=EXAMPLE.to_json())
    database.writing(lambda session: session.execute(repaired))
    assert run("replay", second["id"]).exit_code == 0
    assert state(database) == "received"
    assert lines(run("list", "--state", "quarantined")) == []


@pytest.fixture
def said(database, tmp_path):
    catalogue = write_catalogue(tmp_path / "contracts", {HAPPENED: ["booking_service"]})

    def say(subject: str) -> str:
        event = Event(type=HAPPENED, subject=f"thing/{subject}", data={"number": 1})
        database.clock = CLOCK
        return database.writing(lambda session: add_to_outbox(session, event, catalogue=catalogue))

    return say


def test_one_s_own_events_of_a_type_are_published_again_since_an_instant(run, database, said):
    said("a")
    CLOCK.advance(hours=1)
    since = CLOCK.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    said("b")
    database.writing(lambda session: mark_published(session, [1, 2], now=CLOCK.now()))
    result = run("republish", "--type", HAPPENED, "--since", since)
    assert result.output == "1 events will be published again\n"
    assert [line["subject"] for line in lines(run("list", "--state", "pending"))] == ["thing/b"]
    assert run("republish", "--type", HAPPENED, "--since", "2020-01-01").output.startswith("1 ")


@pytest.mark.parametrize(
    "event_type", ["auth.account.chnaged.v1", "booking.appointment.booked.v1", ""]
)
def test_only_a_type_this_service_says_is_republished(run, database, event_type):
    result = run("republish", "--type", event_type, "--since", "2020-01-01")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "auth_service says no events of this type" in result.stderr
    assert EXAMPLE.type in result.stderr, "it names those there are"
    nothing = run("republish", "--type", EXAMPLE.type, "--since", "2020-01-01")
    assert (nothing.exit_code, nothing.output) == (0, "0 events will be published again\n")


def test_what_holds_no_contact_data_any_more_is_not_published_again(run, database):
    event = Event(type=EXAMPLE.type, subject=EXAMPLE.subject, data=EXAMPLE.data)
    database.clock = CLOCK
    database.writing(lambda session: add_to_outbox(session, event))
    database.writing(lambda session: mark_published(session, [1], now=CLOCK.now()))
    wiped_by = StandingClock(CLOCK.now() + timedelta(days=30))
    prune_messages(database, wiped_by)
    result = run("republish", "--type", EXAMPLE.type, "--since", "2020-01-01")
    assert result.stdout == "0 events will be published again\n"
    assert "1 older ones hold no contact data any more" in result.stderr
    assert run("list", "--state", "pending").output == ""


def test_a_wiped_event_is_not_handled_again(run, database):
    receive(database, [EXAMPLE.to_json()], CLOCK)
    assert run("drop", EXAMPLE.id).exit_code == 0
    prune_messages(database, StandingClock(SystemClock().now() + timedelta(days=30)))
    assert run("replay", EXAMPLE.id).exit_code == 1


def test_an_event_the_broker_returns_is_listed_and_can_be_given_up(run, database, said):
    event_id = said("a")
    database.writing(
        lambda session: mark_returned(session, {1: "returned: NO_ROUTE"}, {1: 0}, now=CLOCK.now())
    )
    (line,) = lines(run("list", "--state", "returned"))
    assert (line["id"], line["problem"]) == (event_id, "returned: NO_ROUTE")
    assert run("drop", event_id).exit_code == 0
    open_rows = select(outbox.c.sequence).where(outbox.c.published_at.is_(None))
    assert database.reading(lambda session: session.scalars(open_rows).all()) == []


def test_worker_health_tells_life_from_silence(tmp_path):
    heartbeat = tmp_path / "heartbeat"
    runner = CliRunner()
    command = worker_health_command(lambda: heartbeat)
    assert runner.invoke(command).exit_code == 1
    heartbeat.touch()
    assert runner.invoke(command).exit_code == 0
    old = (CLOCK.now() - timedelta(days=1)).timestamp()
    os.utime(heartbeat, (old, old))
    assert runner.invoke(command).exit_code == 1
