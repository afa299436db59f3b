"""SIGKILL at every point where a worker could die between two steps: nothing lost, nothing twice.

Each check is also run against workers that lack one safety, and must notice. Each broker stands
with the database it runs with; the other two pairs pass the contract suite.
"""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from shared.testing.waiting import eventually
from shared.tests.events import crashing_worker as crash
from shared.tests.events.parts import Platform

pytestmark = pytest.mark.parametrize(
    "platform", ["embedded-sqlite", "rabbitmq-postgresql"], indirect=True
)

PRODUCER_POINTS = (crash.COMMIT_AND_PUBLISH, crash.PUBLISH_AND_MARK)
CONSUMER_POINTS = (crash.RECEIVE_AND_ACK, crash.EFFECT_AND_DONE)
EXPECTED = {"a": [1, 2, 3, 4, 5], "b": [11, 12, 13]}


@pytest.fixture
def spawn(platform: Platform) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start worker processes; none outlives the test."""
    children: list[subprocess.Popen[bytes]] = []

    def start(role: str, point: str = crash.NEVER, before: int = 0, *faults: str):
        child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "shared.tests.events.crashing_worker",
                platform.addresses.to_json(),
                role,
                point,
                str(before),
                *faults,
            ],
            stdout=subprocess.DEVNULL,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.wait()


def announce_all(platform: Platform) -> None:
    for subject, numbers in EXPECTED.items():
        platform.announce(subject, *numbers)


def all_effects(platform: Platform) -> dict[str, list[int]]:
    return {subject: platform.effects_of(subject) for subject in EXPECTED}


def wait_for_kill(child: subprocess.Popen[bytes]) -> None:
    assert child.wait(timeout=30) == -signal.SIGKILL


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize("point", PRODUCER_POINTS)
def test_a_relay_killed_loses_and_doubles_nothing(
    platform: Platform, spawn, point: str, before: int
):
    announce_all(platform)
    wait_for_kill(spawn("producer", point, before))
    platform.start()

    eventually(lambda: all_effects(platform) == EXPECTED, within_seconds=60)
    eventually(lambda: platform.pending() == 0)
    assert platform.effect_count() == 8


@pytest.mark.parametrize("before", [0, 4])
@pytest.mark.parametrize("point", CONSUMER_POINTS)
def test_a_consumer_killed_loses_and_doubles_nothing(
    platform: Platform, spawn, point: str, before: int
):
    announce_all(platform)
    platform.start(platform.producer_worker())
    wait_for_kill(spawn("consumer", point, before))
    platform.start(platform.consumer_worker())

    eventually(lambda: all_effects(platform) == EXPECTED, within_seconds=60)
    eventually(lambda: set(platform.inbox_states().values()) == {"done"})
    assert platform.effect_count() == 8


def test_workers_killed_again_and_again_at_any_moment_lose_and_double_nothing(
    platform: Platform, spawn
):
    moments = random.Random(20261121)
    announced: dict[str, list[int]] = {f"s{index}": [] for index in range(6)}
    workers = {role: spawn(role) for role in ("producer", "consumer")}
    number = 0
    for _ in range(8):
        for _ in range(15):
            number += 1
            subject = f"s{moments.randrange(6)}"
            announced[subject].append(number)
            platform.announce(subject, number)
        role = moments.choice(("producer", "consumer"))
        _sleep_until_something_moved(platform, moments)
        workers[role].kill()
        workers[role].wait()
        workers[role] = spawn(role)

    eventually(lambda: platform.effect_count() == number, within_seconds=60)
    assert {subject: platform.effects_of(subject) for subject in announced} == announced
    eventually(lambda: platform.pending() == 0)


def _sleep_until_something_moved(platform: Platform, moments: random.Random) -> None:
    """Let the platform get to a random place of its work: until some more effects, or a moment."""
    wanted = platform.effect_count() + moments.randrange(1, 12)
    deadline = time.monotonic() + moments.uniform(0.3, 1.5)
    while platform.effect_count() < wanted and time.monotonic() < deadline:
        pass


@contextmanager
def noticed() -> Iterator[None]:
    """Pass when the block's check fails."""
    with pytest.raises(AssertionError):
        yield


def test_the_check_notices_a_relay_that_marks_before_it_publishes(platform: Platform, spawn):
    announce_all(platform)
    wait_for_kill(spawn("producer", crash.COMMIT_AND_PUBLISH, 0, crash.MARKS_FIRST))
    platform.start()

    eventually(lambda: platform.pending() == 0)
    with noticed():
        eventually(lambda: all_effects(platform) == EXPECTED, within_seconds=2)


def test_the_check_notices_a_consumer_that_acknowledges_before_it_stores(platform: Platform, spawn):
    announce_all(platform)
    platform.start(platform.producer_worker())
    wait_for_kill(spawn("consumer", crash.NEVER, 2, crash.ACKNOWLEDGES_FIRST))
    platform.start(platform.consumer_worker())

    with noticed():
        eventually(lambda: all_effects(platform) == EXPECTED, within_seconds=3)


def test_the_check_notices_an_inbox_that_does_not_recognise_events(platform: Platform, spawn):
    announce_all(platform)
    platform.start(platform.producer_worker())
    wait_for_kill(spawn("consumer", crash.RECEIVE_AND_ACK, 4, crash.FORGETS_WHAT_IT_HAS_SEEN))
    spawn("consumer", crash.NEVER, 0, crash.FORGETS_WHAT_IT_HAS_SEEN)

    eventually(lambda: platform.effect_count() > 8, within_seconds=10)
    assert all_effects(platform) != EXPECTED
