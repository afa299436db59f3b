"""Sending what is due: claim in a transaction, send outside of any, record in another."""

import threading
import time

import structlog

from notification_service.domain.mail_contents import MailWriter
from notification_service.domain.mails import (
    ClaimedMail,
    Mailbox,
    MailNotDelivered,
    MailPutOff,
    MailRefused,
    MailServerAway,
    claim_mail,
    record_not_sent,
    record_put_off,
    record_sent,
    settle_mails,
)
from notification_service.models.mails import SENT
from shared.clock import Clock
from shared.database import Database
from shared.logs import described_error

MOST_AT_ONCE = 100
STEP_SECONDS = 20.0


def send_mails(
    database: Database,
    mailbox: Mailbox,
    writer: MailWriter,
    clock: Clock,
    stop: threading.Event,
    *,
    step_seconds: float = STEP_SECONDS,
) -> bool:
    """Send the mails that are due, up to a hundred, until the step's seconds are over, the server
    is away or `stop` is set; tell whether more may be sent now. Only the mail in hand is finished:
    the others stay as they are, for any worker. After a mail that was put off, the others to its
    domain are left for the next step, so that nobody else waits for them.

    Any number of workers may do this at once: a mail belongs to the one that claimed it. The
    mailbox must not be shared by threads.
    """
    until = time.monotonic() + step_seconds
    slow_domains: set[str] = set()
    try:
        for _ in range(MOST_AT_ONCE):
            if stop.is_set():
                return False
            now = clock.now()
            claimed = database.writing(
                lambda session, now=now: claim_mail(  # type: ignore[misc]
                    session, now=now, without_domains=slow_domains
                )
            )
            if claimed is None:
                return False
            problem = _send(database, mailbox, writer, clock, claimed)
            if isinstance(problem, MailServerAway):
                return False
            if isinstance(problem, MailPutOff):
                slow_domains.add(claimed.address.rpartition("@")[2])
            if time.monotonic() >= until:
                return True
        return True
    finally:
        mailbox.close()


def settle_waiting_mails(database: Database, clock: Clock) -> bool:
    """Give up expired mails and wipe their secrets."""
    count = database.writing(lambda session: settle_mails(session, now=clock.now()))
    if count:
        structlog.get_logger().info("mails_given_up", count=count)
    return False


def _send(
    database: Database, mailbox: Mailbox, writer: MailWriter, clock: Clock, claimed: ClaimedMail
) -> MailNotDelivered | None:
    """Send one mail and record what came of it; give why it was not taken this time."""
    problem: MailNotDelivered | None = None
    try:
        mailbox.deliver(writer.write(claimed, now=clock.now()))
    except (MailPutOff, MailServerAway) as error:
        problem, now, reason = error, clock.now(), str(error)
        state = database.writing(
            lambda session: record_put_off(session, claimed, reason=reason, now=now)
        )
    except MailNotDelivered as error:
        problem = error
        state = _note(database, clock, claimed, str(error), is_final=False)
    except MailRefused as error:
        state = _note(database, clock, claimed, str(error), is_final=True)
    except Exception as error:  # noqa: BLE001 - one mail that cannot be written must not stop the others
        described = described_error(error)
        state = _note(database, clock, claimed, described["error_type"], is_final=True)
        structlog.get_logger().error("mail_cannot_be_written", mail_id=claimed.id, **described)
    else:
        now = clock.now()
        database.writing(lambda session: record_sent(session, claimed, now=now))
        state = SENT
    structlog.get_logger().info(
        "mail_handled", mail_id=claimed.id, state=state, attempts=claimed.attempt
    )
    return problem


def _note(
    database: Database, clock: Clock, claimed: ClaimedMail, reason: str, *, is_final: bool
) -> str:
    now = clock.now()
    return database.writing(
        lambda session: record_not_sent(session, claimed, reason=reason, is_final=is_final, now=now)
    )
