"""A mail an operator sends again leaves a trace."""

from click.testing import CliRunner
from sqlalchemy import select

from notification_service.commands.mails import mails_group
from notification_service.domain.mails import MailRefused
from notification_service.tests.factories import CLIENT, HeldMailbox, account, event
from shared.audit_entries import audit_entries
from shared.database import Database


def test_a_mail_sent_again_is_recorded_once_with_whom_it_was_for(
    hear, send, mailbox: HeldMailbox, database: Database
):
    hear(account(CLIENT), event("chat.guided_session.completed.v1"))
    mailbox.failures = [MailRefused("recipient refused with 550")]
    send()
    for exit_code in (0, 1):
        done = CliRunner().invoke(mails_group(lambda: database), ["resend", "1"])
        assert done.exit_code == exit_code
    [row] = database.reading(lambda session: session.execute(select(audit_entries)).all())
    assert (row.act, row.account_id, row.actor_id) == ("mail_resent", CLIENT, None)
