"""Pruning takes what is old and nothing else."""

from notification_service.jobs.pruning import prune
from notification_service.tests.factories import account, event, mails_in
from shared.database import Database
from shared.testing.clocks import StandingClock


def test_finished_mails_are_forgotten_after_ninety_days(
    hear, send, clock: StandingClock, database: Database
):
    hear(account(17), event("booking.appointment.booked.v1"))
    send()
    clock.advance(days=89)
    prune(database, clock)
    assert len(mails_in(database)) == 2
    clock.advance(days=2)
    prune(database, clock)
    assert [row.state for row in mails_in(database)] == ["queued"], "open ones stay"
