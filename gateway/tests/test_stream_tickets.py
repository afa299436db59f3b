"""The store of tickets for live streams: in this process, and in Redis for several."""

import pytest

from gateway.stream_tickets import MemoryTickets, RedisTickets, StreamTickets
from shared.access_tokens import Identity

SOMEBODY = Identity(
    account_id=17,
    role="client",
    login_session_id="s",
    is_verified=True,
    expires_at=2**33,
    key_id="k",
)


def test_a_ticket_lives_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    tickets, now = MemoryTickets(), [0.0]
    monkeypatch.setattr("gateway.stream_tickets.time.monotonic", lambda: now[0])
    early, late = tickets.issue(SOMEBODY), tickets.issue(SOMEBODY)
    now[0] = 59.0
    assert tickets.redeem(early) == SOMEBODY
    now[0] = 60.0
    assert tickets.redeem(late) is None


def test_old_tickets_are_not_kept_and_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    tickets, now = MemoryTickets(), [0.0]
    monkeypatch.setattr("gateway.stream_tickets.time.monotonic", lambda: now[0])
    monkeypatch.setattr("gateway.stream_tickets.MOST_TICKETS", 3)
    for _ in range(3):
        tickets.issue(SOMEBODY)
    with pytest.raises(Exception, match="unavailable"):
        tickets.issue(SOMEBODY)
    now[0] = 60.0
    tickets.issue(SOMEBODY)
    assert len(tickets._kept) == 1


def test_several_processes_share_them_through_redis(redis_server: str) -> None:
    one: StreamTickets = RedisTickets(redis_server)
    another: StreamTickets = RedisTickets(redis_server)
    ticket = one.issue(SOMEBODY)
    assert another.redeem(ticket) == SOMEBODY
    assert one.redeem(ticket) is None


def test_without_redis_nobody_gets_or_uses_one() -> None:
    tickets = RedisTickets("redis://127.0.0.1:1")
    with pytest.raises(Exception, match="unavailable"):
        tickets.issue(SOMEBODY)
    with pytest.raises(Exception, match="unavailable"):
        tickets.redeem("any")
