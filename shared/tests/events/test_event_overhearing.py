"""Live events as they pass: heard by whoever listens, on both brokers, and never at the cost of
those who have to get them.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from shared.events.broker import (
    BrokerUnavailable,
    Message,
    OutcomeKind,
    Overhearing,
    Publisher,
)
from shared.events.envelope import Envelope
from shared.events.overhearing import overhear
from shared.events.passing import PassingListener, PassingTeller, listeners_folder
from shared.testing.waiting import eventually
from shared.tests.events.parts import (
    CONSUMER,
    HAPPENED,
    LATE_CONSUMER,
    LIVE,
    TOLD,
    Platform,
)

TYPES = frozenset({LIVE})
SECONDS = 10.0


@contextmanager
def listening(platform: Platform) -> Iterator[Overhearing]:
    addresses = platform.addresses
    with closing(
        overhear(addresses.broker_url, TYPES, name_prefix=addresses.name_prefix)
    ) as overhearing:
        yield overhearing


@contextmanager
def publishing(platform: Platform) -> Iterator[Publisher]:
    broker = platform.broker()
    broker.declare({CONSUMER: frozenset({HAPPENED, LIVE})})
    with closing(broker.publisher()) as publisher:
        yield publisher


def live(number: int) -> Message:
    return Message(event_id=str(number), type=LIVE, body=b"%d" % number, is_live=True)


def heard_by(overhearing: Overhearing, count: int) -> list[bytes]:
    """Give the next `count` bodies."""
    heard: list[bytes] = []
    while len(heard) < count:
        bodies = overhearing.receive(limit=count - len(heard), timeout_seconds=SECONDS)
        assert bodies, f"only {heard}"
        heard.extend(bodies)
    return heard


def test_a_live_event_is_heard_by_every_listener_and_still_handled(platform: Platform):
    with listening(platform) as one, listening(platform) as another:
        platform.start()
        (event_id,) = platform.announce("a", 1, event_type=LIVE)

        for overhearing in (one, another):
            (body,) = heard_by(overhearing, 1)
            assert Envelope.from_json(body).id == event_id
    eventually(lambda: platform.inbox_states() == {event_id: "done"})


def test_other_events_pass_unheard(platform: Platform):
    with listening(platform) as overhearing:
        platform.start()
        (first_id,) = platform.announce("a", 1)
        (live_id,) = platform.announce("b", 2, event_type=LIVE)

        (body,) = heard_by(overhearing, 1)
        assert Envelope.from_json(body).id == live_id
        assert overhearing.receive(limit=10, timeout_seconds=0.01) == []
    eventually(lambda: platform.inbox_states() == {first_id: "done", live_id: "done"})


def test_a_batch_is_heard_whole_and_in_order(platform: Platform):
    with listening(platform) as overhearing, publishing(platform) as publisher:
        heard: list[bytes] = []
        hearing = threading.Thread(target=lambda: heard.extend(heard_by(overhearing, 2_000)))
        hearing.start()
        for start in range(0, 2_000, 500):
            publisher.publish([live(number) for number in range(start, start + 500)])
        hearing.join()

    assert heard == [b"%d" % number for number in range(2_000)]


def test_whoever_listens_takes_no_event_from_a_service_without_a_queue(platform: Platform):
    """A listener must not turn "nobody got it" into "confirmed": the event would be lost."""
    broker = platform.broker()
    broker.declare({LATE_CONSUMER: frozenset({TOLD})})
    with listening(platform), closing(broker.publisher()) as publisher:
        (outcome,) = publisher.publish([live(1)])

    assert outcome.kind is OutcomeKind.RETURNED


def test_what_passes_while_nobody_listens_is_kept_for_nobody(platform: Platform):
    with publishing(platform) as publisher:
        with listening(platform):
            pass
        publisher.publish([live(1)])
        with listening(platform) as overhearing:
            publisher.publish([live(2)])
            assert heard_by(overhearing, 1) == [b"2"]


@pytest.mark.parametrize("platform", ["rabbitmq-sqlite"], indirect=True)
def test_a_listener_that_the_broker_lost_is_told(platform: Platform):
    with listening(platform) as overhearing:
        platform.interrupt()
        with pytest.raises(BrokerUnavailable):
            overhearing.receive(limit=1, timeout_seconds=SECONDS)


def test_a_broker_that_is_not_there_cannot_be_overheard():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens behind it
        url = f"amqp://guest:guest@127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(BrokerUnavailable):
            overhear(url, TYPES)


def test_an_unknown_scheme_is_refused():
    with pytest.raises(ValueError, match="must begin with"):
        overhear("kafka://somewhere", TYPES)


class TestBesideTheEmbeddedBus:
    """The datagram sockets of one host."""

    def test_a_listener_that_stands_still_holds_nobody_up_and_learns_what_it_missed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("shared.events.passing.WAIT_SECONDS", 2.0)  # the quick one shares cores
        bus = tmp_path / "bus.sqlite3"
        with closing(PassingListener(bus)) as slow, closing(PassingListener(bus)) as quick:
            teller = PassingTeller(bus)
            heard: list[bytes] = []
            hearing = threading.Thread(target=lambda: heard.extend(heard_by(quick, 40_000)))
            hearing.start()
            teller.tell([b"%d" % number for number in range(40_000)])
            hearing.join()

            assert len(heard) == 40_000
            taken: list[bytes] = []
            while bodies := slow.receive(limit=500, timeout_seconds=0.01):
                taken.extend(bodies)
            assert 0 < len(taken) < 40_000
            teller.tell([b"later"])
            with pytest.raises(BrokerUnavailable):
                slow.receive(limit=500, timeout_seconds=SECONDS)

    def test_a_listener_that_was_killed_leaves_nothing_behind(self, tmp_path: Path):
        bus = tmp_path / "bus.sqlite3"
        program = (
            "import sys, time; from pathlib import Path;"
            "from shared.events.passing import PassingListener;"
            "listener = PassingListener(Path(sys.argv[1])); print('listens', flush=True);"
            "time.sleep(600)"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(bus)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "listens\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()

        PassingTeller(bus).tell([b"1"])

        assert list(listeners_folder(bus).iterdir()) == []

    def test_a_listener_whose_socket_was_removed_is_told(self, tmp_path: Path):
        bus = tmp_path / "bus.sqlite3"
        with closing(PassingListener(bus)) as overhearing:
            (path,) = listeners_folder(bus).iterdir()
            path.unlink()
            with pytest.raises(BrokerUnavailable):
                overhearing.receive(limit=1, timeout_seconds=0)

    def test_a_folder_that_others_may_enter_is_not_used(self, tmp_path: Path):
        bus = tmp_path / "bus.sqlite3"
        listeners_folder(bus).mkdir(mode=0o755)
        with pytest.raises(BrokerUnavailable):
            PassingListener(bus)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
            stranger.bind(os.fspath(listeners_folder(bus) / "stranger"))
            stranger.setblocking(False)
            PassingTeller(bus).tell([b"1"])
            with pytest.raises(BlockingIOError):
                stranger.recv(10)

    def test_a_long_path_does_not_matter(self, tmp_path: Path):
        folder = tmp_path / ("long" * 30)
        folder.mkdir()
        bus = folder / "bus.sqlite3"
        with closing(PassingListener(bus)) as overhearing:
            PassingTeller(bus).tell([b"1"])
            assert heard_by(overhearing, 1) == [b"1"]
        listeners_folder(bus).rmdir()
