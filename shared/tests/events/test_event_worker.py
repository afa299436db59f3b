"""The worker process: starts, shows life, survives failures, does timed work, stops in time."""

import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from shared.clock import SystemClock
from shared.database import Database
from shared.events.broker import BrokerUnavailable
from shared.events.brokers import create_broker
from shared.events.catalogue import shipped_example
from shared.events.envelope import Event, new_event_id
from shared.events.exclusive import exclusive_lock, holding
from shared.events.inbox import Handled, handle_waiting, receive
from shared.events.metrics import MessagingCollector, WorkerMetrics
from shared.events.nudge import install_nudge
from shared.events.outbox import add_to_outbox, mark_published
from shared.events.readiness import messaging_words
from shared.events.relay import Relay
from shared.events.retention import KEPT, prune_messages
from shared.events.tables import inbox, messaging_metadata, outbox, quarantine
from shared.events.worker import BadHandlers, Job, Worker, is_alive
from shared.testing.clocks import StandingClock
from shared.testing.ports import free_port
from shared.testing.waiting import at_the_same_time, eventually
from shared.tests.events.parts import PRODUCER, TOLD, Platform, record_effect, write_catalogue

EMBEDDED = pytest.mark.parametrize("platform", ["embedded-sqlite"], indirect=True)
EXAMPLE = shipped_example("auth.account.changed.v1")
UNMARKED = shipped_example("profile.membership.started.v1")
ABOUT_THE_BROKER = {"broker_unreachable", "role_cannot_begin", "role_interrupted"}
UNKNOWN = replace(UNMARKED, id=new_event_id(), type="profile.mystery.told.v1")


@pytest.fixture
def database(database_url: str):
    made = Database(database_url)
    messaging_metadata.create_all(made.engine)
    yield made
    made.dispose()


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
@EMBEDDED
def test_a_worker_process_shows_life_and_leaves_cleanly(platform: Platform, signal_number):
    heartbeat = Path(platform.addresses.folder) / f"{PRODUCER}.heartbeat"
    child = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "shared.tests.events.crashing_worker",
            platform.addresses.to_json(),
            "producer",
            "never",
            "0",
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: is_alive(heartbeat), within_seconds=60)
        platform.announce("a", 1)
        eventually(lambda: platform.pending() == 0)
        child.send_signal(signal_number)
        assert child.wait(timeout=20) == 0  # long before a drain would be cut
        assert not heartbeat.exists()
    finally:
        child.kill()
        child.wait()


@EMBEDDED
def test_stopping_waits_for_the_event_in_hand(platform: Platform):
    is_in_hand, may_finish = threading.Event(), threading.Event()

    def slow(session, envelope) -> None:
        is_in_hand.set()
        may_finish.wait(10)
        record_effect(session, envelope)

    worker = platform.consumer_worker({TOLD: slow})
    platform.start(platform.producer_worker(), worker)
    platform.announce("a", 1, 2, event_type=TOLD)
    assert is_in_hand.wait(10)
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    may_finish.set()
    stopping.join(10)

    assert platform.effects_of("a") == [1]


@EMBEDDED
def test_a_worker_outlives_a_broker_that_is_away_at_first(platform: Platform):
    worker = platform.producer_worker()
    away = {"left": 4}
    (relay,) = [role for role in worker._roles if isinstance(role, Relay)]
    declare = relay._broker.declare

    def unreachable_at_first(topology) -> None:
        if away["left"]:
            away["left"] -= 1
            raise BrokerUnavailable("away")
        declare(topology)

    relay._broker.declare = unreachable_at_first  # type: ignore[method-assign]
    platform.start(worker)
    platform.announce("a", 1)

    eventually(lambda: platform.pending() == 0, within_seconds=60)
    assert away["left"] == 0


def test_a_broker_that_is_away_is_named_once_and_told_to_the_web_processes(
    tmp_path: Path, database_url: str
):
    made = Database(database_url)
    messaging_metadata.create_all(made.engine)
    port = free_port()
    with socket.socket() as taken, capture_logs() as logs:
        taken.bind(("127.0.0.1", port))  # nobody listens there
        worker = Worker(
            service="booking_service",
            database=made,
            broker=create_broker(f"amqp://somebody:secret@127.0.0.1:{port}/"),
            nudge=install_nudge(made, enabled=False),
            handlers={},
            heartbeat_file=tmp_path / "worker",
        )
        worker.start()
        try:
            eventually(lambda: messaging_words(made, SystemClock()).get("broker") == "unreachable")
            eventually(lambda: {"relay", "consumer"} <= worker._without_broker)
        finally:
            assert worker.stop()
    words = messaging_words(made, SystemClock())
    made.dispose()
    about = [entry for entry in logs if entry["event"] in ABOUT_THE_BROKER]
    assert [(entry["event"], entry["broker"]) for entry in about] == [
        ("broker_unreachable", f"127.0.0.1:{port}")
    ]
    assert "secret" not in str(logs)
    assert (words["worker"], words["broker"]) == ("ok", "unreachable")


@EMBEDDED
def test_a_job_that_raises_runs_again_next_time(platform: Platform):
    runs: list[float] = []

    def work(_stop: threading.Event) -> None:
        runs.append(time.monotonic())
        if len(runs) == 1:
            raise OSError("the mail server is away")

    platform.start(platform.producer_worker(jobs=[Job(name="work", every_seconds=0.5, run=work)]))
    eventually(lambda: len(runs) >= 3)
    assert runs[1] - runs[0] >= 0.5
    assert runs[2] - runs[1] >= 0.5


@EMBEDDED
def test_a_job_with_more_work_runs_again_at_once(platform: Platform):
    left = [5]

    def work(_stop: threading.Event) -> bool:
        left[0] -= 1
        return left[0] > 0

    platform.start(platform.producer_worker(jobs=[Job(name="work", every_seconds=3600, run=work)]))
    eventually(lambda: left == [0])


@EMBEDDED
def test_a_long_job_hears_that_the_worker_stops_and_leaves_the_rest(platform: Platform):
    begun, done = threading.Event(), list[str]()

    def work(stop: threading.Event) -> None:
        for _ in range(1000):
            begun.set()
            if stop.wait(0.05):
                done.append("the piece in hand")
                return

    worker = platform.producer_worker(jobs=[Job(name="work", every_seconds=0.5, run=work)])
    worker.start()
    assert begun.wait(20)
    assert worker.stop()
    assert done == ["the piece in hand"]


def test_an_exclusive_job_never_runs_twice_at_once(
    make_database_url: Callable[[str, str], str], database: Database, tmp_path: Path
):
    inside, most, ran = [0], [0], set[str]()
    guard = threading.Lock()

    def work(name: str, _stop: threading.Event) -> None:
        with guard:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            ran.add(name)
        time.sleep(0.01)
        with guard:
            inside[0] -= 1

    workers = [
        Worker(
            service="auth_service",
            database=database,
            broker=create_broker(f"sqlite:///{tmp_path}/bus.sqlite3"),
            nudge=install_nudge(database),
            handlers={},
            catalogue=write_catalogue(tmp_path / "contracts", {}),
            heartbeat_file=tmp_path / f"heartbeat{name}",
            jobs=[Job(name="work", every_seconds=0, run=partial(work, name))],
        )
        for name in ("first", "second")
    ]
    for worker in workers:
        worker.start()
    eventually(lambda: ran == {"first", "second"}, within_seconds=60)
    for worker in workers:
        assert worker.stop()

    assert most == [1]


def test_only_one_of_many_holds_a_lock_and_the_next_gets_it_when_released(database: Database):
    locks = [exclusive_lock(database, "relay") for _ in range(5)]
    assert sum(at_the_same_time([lock.acquire for lock in locks])) == 1
    holder = next(lock for lock in locks if lock.acquire())
    assert holder.acquire()
    with holding(exclusive_lock(database, "another")) as is_mine:
        assert is_mine
    holder.release()
    assert sum(lock.acquire() for lock in locks) == 1
    for lock in locks:
        lock.release()


def test_a_worker_with_a_port_shows_its_metrics_there(database: Database, tmp_path: Path):
    port = free_port()
    worker = Worker(
        service="auth_service",
        database=database,
        broker=create_broker(f"sqlite:///{tmp_path}/bus.sqlite3"),
        nudge=install_nudge(database),
        handlers={},
        catalogue=write_catalogue(tmp_path / "contracts", {}),
        heartbeat_file=tmp_path / "heartbeat",
        metrics_port=port,
    )
    worker.start()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert b"hearth_outbox_pending 0.0" in answer.read()
    assert worker.stop()


def test_a_service_may_not_handle_what_the_catalogue_does_not_let_it_hear(
    database: Database, tmp_path: Path
):
    with pytest.raises(BadHandlers, match=TOLD):
        Worker(
            service="profile_service",
            database=database,
            broker=create_broker(f"sqlite:///{tmp_path}/bus.sqlite3"),
            nudge=install_nudge(database),
            handlers={TOLD: record_effect},
            catalogue=write_catalogue(tmp_path, {TOLD: ["chat_service"]}),
            heartbeat_file=tmp_path / "heartbeat",
        )


def test_old_messages_go_and_open_or_dead_ones_stay(database: Database):
    clock = StandingClock()
    receive(database, [EXAMPLE.to_json(), b"unreadable"], clock)
    handle_waiting(database, {}, clock)
    announce_example(database, clock)
    prune_messages(database, clock)
    assert (count(database, inbox), count(database, outbox)) == (1, 1)
    clock.advance(seconds=KEPT.total_seconds() + 1)
    assert prune_messages(database, clock) is False
    assert (count(database, inbox), count(database, outbox)) == (0, 1)
    assert prune_messages(database, clock) is False


@pytest.mark.parametrize("state", ["done", "ignored", "dropped"])
def test_names_and_addresses_are_wiped_within_thirty_days_of_what_is_done(
    database: Database, state: str
):
    clock = StandingClock()
    receive(database, [EXAMPLE.to_json(), UNMARKED.to_json(), UNKNOWN.to_json()], clock)
    finished = update(inbox).values(state=state, finished_at=clock.now())
    database.writing(lambda session: session.execute(finished))
    announce_example(database, clock)
    database.writing(lambda session: mark_published(session, [1], now=clock.now()))
    prune_messages(database, clock)
    assert (contents(database, inbox.c.envelope), contents(database, outbox.c.data)) == (3, 1)
    clock.advance(days=30)
    clock.advance(hours=-1)
    assert prune_messages(database, clock) is False
    assert (contents(database, inbox.c.envelope), contents(database, outbox.c.data)) == (1, 0)
    assert (count(database, inbox), count(database, outbox)) == (3, 1), "ids are still known"
    assert receive(database, [EXAMPLE.to_json()], clock) == 0, "and what comes again is known"
    assert prune_messages(database, clock) is False


def test_what_waits_or_is_dead_keeps_its_contact_data(database: Database):
    clock = StandingClock()
    receive(database, [EXAMPLE.to_json()], clock)
    announce_example(database, clock)
    clock.advance(days=30)
    prune_messages(database, clock)
    dead = update(inbox).values(state="dead", finished_at=clock.now())
    database.writing(lambda session: session.execute(dead))
    clock.advance(days=30)
    prune_messages(database, clock)
    assert (contents(database, inbox.c.envelope), contents(database, outbox.c.data)) == (1, 1)


def test_what_could_not_be_read_goes_within_thirty_days(database: Database):
    clock = StandingClock()
    receive(database, [b"unreadable"], clock)
    clock.advance(days=29, hours=1)
    prune_messages(database, clock)
    assert count(database, quarantine) == 0


def contents(database: Database, column) -> int:
    wanted = select(func.count()).where(column != "")
    return database.reading(lambda session: session.execute(wanted).scalar_one())


def announce_example(database: Database, clock: StandingClock) -> None:
    event = Event(type=EXAMPLE.type, subject=EXAMPLE.subject, data=EXAMPLE.data)
    database.clock = clock
    database.writing(lambda session: add_to_outbox(session, event))


def count(database: Database, table) -> int:
    return len(database.reading(lambda session: session.execute(table.select()).all()))


def test_the_backlog_can_be_read_by_prometheus(database: Database):
    clock = StandingClock()
    registry = CollectorRegistry()
    registry.register(MessagingCollector(database, clock))
    receive(database, [EXAMPLE.to_json(), b"unreadable"], clock)
    announce_example(database, clock)
    clock.advance(seconds=30)
    text = generate_latest(registry).decode()
    for line in (
        "hearth_outbox_pending 1.0",
        "hearth_outbox_returned 0.0",
        "hearth_outbox_oldest_seconds 30.0",
        'hearth_inbox_events{state="received"} 1.0',
        'hearth_inbox_events{state="dead"} 0.0',
        "hearth_inbox_oldest_seconds 30.0",
        "hearth_quarantine 1.0",
    ):
        assert line in text


def test_metrics_are_silent_while_the_database_is_away(tmp_path: Path):
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    registry = CollectorRegistry()
    registry.register(MessagingCollector(database))
    assert generate_latest(registry) == b""
    database.dispose()


def test_handlings_are_counted():
    registry = CollectorRegistry()
    metrics = WorkerMetrics(registry)
    metrics.observe(Handled(event_type="a.b.c.v1", state="done", duration_seconds=0.1))
    assert (
        registry.get_sample_value(
            "hearth_events_handled_total", {"type": "a.b.c.v1", "state": "done"}
        )
        == 1.0
    )


def test_a_committed_event_rings_across_processes_and_others_do_not(database: Database):
    nudge = install_nudge(database)
    listener = nudge.listen()
    listener.wait(0.05)  # PostgreSQL's ear opens with the first wait
    database.writing(lambda session: session.execute(inbox.select()))
    assert not listener.wait(0.05)
    code = (
        "from shared.tests.events.test_event_worker import announce_example as say\n"
        "from shared.database import Database\n"
        "from shared.events.nudge import install_nudge\n"
        "from shared.testing.clocks import StandingClock\n"
        f"database = Database({database.url!r})\n"
        "install_nudge(database)\n"
        "say(database, StandingClock())\n"
        "database.dispose()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
    assert listener.wait(5)
    listener.close()


def test_a_ring_without_a_listener_or_a_database_fails_nothing(tmp_path: Path):
    for url in (
        f"sqlite:///{tmp_path}/missing/{'long' * 40}.sqlite3",
        "postgresql://nobody@127.0.0.1:1/nothing",
    ):
        database = Database(url)
        nudge = install_nudge(database)
        nudge.ring()
        nudge.close()
        database.dispose()


def test_a_database_whose_path_is_too_long_for_a_socket_is_nudged_all_the_same(tmp_path: Path):
    folder = tmp_path / ("f" * 100)
    folder.mkdir()
    database = Database(f"sqlite:///{folder}/one.sqlite3")
    nudge = install_nudge(database)
    listener = nudge.listen()
    nudge.ring()
    assert listener.wait(2)
    listener.close()
    database.dispose()


def test_the_embedded_bus_needs_no_pika_and_only_one_module_imports_it():
    code = (
        "import sys, shared.events.sqlite_bus, shared.events.worker; print('pika' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=30
    )
    assert found.stdout.strip() == "False"
    root = Path(__file__).parents[3]
    importing = [
        path.relative_to(root).as_posix()
        for path in root.glob("*/**/*.py")
        if ".venv" not in path.parts and "import pika" in path.read_text(encoding="utf-8")
    ]
    assert [path for path in importing if "/tests/" not in path] == ["shared/events/amqp.py"]
