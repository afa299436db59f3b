"""Hashing: argon2id with the decided parameters, few at once, the rest refused after a second."""

import threading
from functools import partial

import pytest

from auth_service.domain.password_hashing import UNUSABLE, PasswordHashing
from auth_service.domain.passwords import common_passwords, password_reasons
from shared.errors import Unavailable
from shared.testing.waiting import eventually


def test_the_parameters_are_the_decided_ones():
    hashing = PasswordHashing()
    made = hashing.hash("a quiet lake", "somebody")
    assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hashing.matches(made, "a quiet lake", "somebody")
    assert not hashing.matches(made, "a quiet Lake", "somebody")
    assert not hashing.is_outdated(made)


def test_nobody_and_an_unusable_hash_match_nothing():
    hashing = PasswordHashing(memory_kib=8, time_cost=1)
    for password_hash in (None, UNUSABLE, "", "no hash"):
        assert not hashing.matches(password_hash, "", "somebody")
        assert not hashing.matches(password_hash, "a quiet lake", "somebody")


class Gate:
    """Stands where argon2 works, and holds everybody until it is opened."""

    def __init__(self):
        self.entered = 0
        self.most = 0
        self.in_order = []
        self.opened = threading.Event()
        self._lock = threading.Lock()

    def hash(self, password):
        with self._lock:
            self.entered += 1
            self.in_order.append(password)
            self.most = max(self.most, self.entered)
        self.opened.wait(30)
        with self._lock:
            self.entered -= 1
        return "hash"


@pytest.fixture
def gate(monkeypatch):
    gate = Gate()
    yield gate
    gate.opened.set()


def hashing_behind(gate, **how):
    hashing = PasswordHashing(memory_kib=8, time_cost=1, **how)
    hashing._hasher = gate
    return hashing


def hash_for(hashing, sender):
    return lambda: hashing.hash(sender, sender)


def started(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def is_behind(gate, hashing, waiting):
    return gate.entered == 1 and hashing.waiting == waiting


def test_no_more_hash_at_once_than_there_are_slots(gate):
    hashing = hashing_behind(gate, at_once=2, wait_seconds=30)
    threads = [started(hash_for(hashing, f"sender {one}")) for one in range(6)]
    eventually(lambda: gate.entered == 2)
    gate.opened.set()
    for thread in threads:
        thread.join(30)
    assert gate.most == 2


@pytest.mark.parametrize(("processes", "most"), [(1, 4), (2, 2), (3, 1), (4, 1), (9, 1)])
def test_web_processes_share_the_cores(monkeypatch, gate, processes, most):
    monkeypatch.setattr("auth_service.domain.password_hashing.os.cpu_count", lambda: 4)
    hashing = hashing_behind(gate, processes=processes, wait_seconds=30)
    threads = [started(hash_for(hashing, f"sender {one}")) for one in range(6)]
    eventually(lambda: gate.entered == most)
    gate.opened.set()
    for thread in threads:
        thread.join(30)
    assert gate.most == most


def test_who_waits_too_long_is_refused(gate):
    hashing = hashing_behind(gate, at_once=1, wait_seconds=0.05)
    started(lambda: hashing.hash("x", "somebody"))
    eventually(lambda: gate.entered == 1)
    with pytest.raises(Unavailable) as refused:
        hashing.hash("x", "somebody")
    assert refused.value.retry_after_seconds >= 1


def test_the_seventeenth_who_waits_is_refused_at_once(gate):
    hashing = hashing_behind(gate, at_once=1, wait_seconds=30)
    for one in range(17):
        started(hash_for(hashing, f"sender {one}"))
    eventually(lambda: gate.entered == 1 and hashing.waiting == 16)
    with pytest.raises(Unavailable):
        hashing.hash("x", "another")


def test_one_sender_never_fills_the_line(gate):
    hashing = hashing_behind(gate, at_once=1, wait_seconds=30)
    for _ in range(5):
        started(hash_for(hashing, "a flood"))
    eventually(lambda: gate.entered == 1 and hashing.waiting == 4)
    with pytest.raises(Unavailable):
        hashing.hash("x", "a flood")
    other = started(hash_for(hashing, "somebody"))
    eventually(lambda: hashing.waiting == 5)
    gate.opened.set()
    other.join(30)
    assert not other.is_alive()


def test_a_free_place_goes_to_whoever_has_waited_longest(gate):
    hashing = hashing_behind(gate, at_once=1, wait_seconds=30)
    threads = []
    for waiting, sender in enumerate(("first", "second", "third")):
        threads.append(started(hash_for(hashing, sender)))
        eventually(partial(is_behind, gate, hashing, waiting))
    gate.opened.set()
    for thread in threads:
        thread.join(30)
    assert gate.in_order == ["first", "second", "third"]


def test_a_turn_that_comes_while_giving_up_is_taken(gate):
    hashing = hashing_behind(gate, at_once=1, wait_seconds=0.05)
    started(hash_for(hashing, "first"))
    eventually(lambda: gate.entered == 1)
    with pytest.raises(Unavailable):
        hashing.hash("x", "late")
    gate.opened.set()
    eventually(lambda: gate.entered == 0)
    assert hashing.hash("x", "later") == "hash"
    assert hashing.waiting == 0


def test_a_slot_is_free_again_after_a_failure():
    hashing = PasswordHashing(memory_kib=8, time_cost=1, at_once=1, wait_seconds=0.05)
    for _ in range(3):
        assert not hashing.matches("no hash", "x", "somebody")


def test_ten_thousand_common_passwords_are_known():
    assert len(common_passwords()) == 10_000
    assert {"123456", "password", "qwerty", "iloveyou"} <= common_passwords()


def test_reasons_come_in_the_policys_order():
    assert password_reasons("123456", "123456@example.org") == [
        "too_short",
        "too_common",
        "entirely_numeric",
        "similar_to_email",
    ]
    assert password_reasons("a quiet lake", "anna@example.org") == []
    assert password_reasons("x" * 129, "anna@example.org") == ["too_long"]
