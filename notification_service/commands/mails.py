"""Looking after mails: list them without their content, send one again."""

from collections.abc import Callable
from datetime import datetime

import click

from notification_service.domain.mails import MailView, resend_mail
from notification_service.models.mails import FAILED, STATES
from notification_service.queries.mails import mails_in_state
from shared import strict_json
from shared.clock import SystemClock, instant_text
from shared.database import Database
from shared.errors import ServiceError


def mails_group(open_database: Callable[[], Database]) -> click.Group:
    """Make the group `mails`; the database is opened only when one of its commands runs."""
    group = click.Group("mails", help="Look after mails.")
    group.add_command(_list_command(open_database))
    group.add_command(_resend_command(open_database))
    return group


def _list_command(open_database: Callable[[], Database]) -> click.Command:
    @click.command(
        "list", help="List mails as JSON lines, newest first. Addresses and content are not shown."
    )
    @click.option("--state", type=click.Choice(STATES), default=None)
    @click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
    def list_mails(state: str | None, limit: int) -> None:
        for view in _views(open_database(), state, limit):
            shown = {
                name: instant_text(value) if isinstance(value, datetime) else value
                for name, value in vars(view).items()
            }
            click.echo(strict_json.dumps(shown))

    return list_mails


def _resend_command(open_database: Callable[[], Database]) -> click.Command:
    @click.command("resend", help="Queue a finished mail again, or all failed ones.")
    @click.argument("mail_id", type=click.IntRange(1, 2**53), required=False)
    @click.option("--all-failed", is_flag=True, help="Every failed mail whose code is not gone.")
    def resend(mail_id: int | None, all_failed: bool) -> None:
        if (mail_id is None) == (not all_failed):
            raise click.UsageError("name one mail, or say --all-failed")
        database = open_database()
        wanted = [mail_id] if mail_id else [v.id for v in _views(database, FAILED, 10_000)]
        refused = [problem for one in wanted if (problem := _refusal(database, one))]
        if mail_id and refused:
            raise click.ClickException(refused[0])
        click.echo(f"{len(wanted) - len(refused)} queued")

    return resend


def _views(database: Database, state: str | None, limit: int) -> list[MailView]:
    statement = mails_in_state(state, limit)
    return database.reading(
        lambda session: [MailView.of(mail) for mail in session.execute(statement).scalars()]
    )


def _refusal(database: Database, mail_id: int) -> str | None:
    """Queue one mail again; give the words of the refusal where there is one."""
    now = SystemClock().now()
    try:
        database.writing(lambda session: resend_mail(session, mail_id, now=now))
    except ServiceError as error:
        return error.detail
    return None
