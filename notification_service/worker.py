"""The only place where the background parts of notification_service meet: relay, consumer, inbox
and timed jobs.
"""

from notification_service.clients.mailboxes import create_mailbox
from notification_service.domain.mail_contents import MailWriter
from notification_service.jobs.mails import send_mails, settle_waiting_mails
from notification_service.jobs.pruning import EVERY_SECONDS, prune
from notification_service.listeners import HANDLERS
from notification_service.settings import Settings, sender_address
from shared.clock import SystemClock
from shared.database import Database
from shared.events.worker import Job, Worker, service_worker
from shared.sealing import unseal


def create_worker(settings: Settings) -> Worker:
    """Make the worker; it runs until SIGTERM or SIGINT."""
    database = Database(settings.database_url)
    clock = SystemClock()
    mailbox = create_mailbox(settings.mail_url, clock)
    writer = create_mail_writer(settings)
    return service_worker(
        "notification_service",
        settings,
        database,
        clock,
        handlers=HANDLERS,
        jobs=[
            Job(
                name="send_mails",
                every_seconds=0.5,
                run=lambda stop: send_mails(database, mailbox, writer, clock, stop),
                exclusive=False,
            ),
            Job(
                name="settle_mails",
                every_seconds=10,
                run=lambda _stop: settle_waiting_mails(database, clock),
            ),
            Job(
                name="prune", every_seconds=EVERY_SECONDS, run=lambda _stop: prune(database, clock)
            ),
        ],
    )


def create_mail_writer(settings: Settings) -> MailWriter:
    """Make what turns claimed mails into messages; it holds the key that opens sealed codes."""
    return MailWriter(
        sender=sender_address(settings.mail_from),
        app_url=settings.app_url,
        default_zone=settings.service_time_zone,
        unseal=lambda sealed, context: unseal(
            settings.sealing_private_key, sealed, context.encode()
        ).decode(),
    )
