"""Making the first admin, and locking an account from the server."""

import unicodedata
from functools import partial
from pathlib import Path

import click
from sqlalchemy.orm import Session

from auth_service.domain.accounts import DEFAULT_LOCALE, LOCALES, NewAccount, Origin, open_account
from auth_service.domain.login_sessions import EndedLoginSession, mark_announced
from auth_service.domain.password_hashing import PasswordHashing
from auth_service.domain.passwords import judge_password
from auth_service.domain.second_factors import take_second_factor_away
from auth_service.domain.security import Security
from auth_service.domain.staff_acts import lock_account, unlock_account
from auth_service.errors import AccountNotFound, PasswordRejected
from auth_service.events.accounts import account_changed
from auth_service.models.accounts import Account
from auth_service.parts import security_of
from auth_service.queries.accounts import account_with_email, next_accounts
from auth_service.settings import Settings
from shared.clock import SystemClock
from shared.command_line import environment, settings_or_exit
from shared.database import Database
from shared.errors import ServiceError, Unavailable
from shared.events.outbox import add_to_outbox
from shared.http.ended_sessions import ended_sessions_at
from shared.mailbox_addresses import mailbox_address

ANNOUNCED_AT_ONCE = 200


class Address(click.ParamType[str]):
    """An e-mail address, as it is kept."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it, or say that it is none."""
        try:
            return mailbox_address(value)
        except ValueError:
            self.fail("is not an e-mail address", param, ctx)


@click.command("create-admin")
@click.option("--email", type=Address(), required=True, help="The admin's address.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True),
    required=True,
    help="A file with the password alone; a password never stands in a command line.",
)
@click.option("--first-name", default="Admin", show_default=True)
@click.option("--last-name", default="")
@click.option("--locale", type=click.Choice(LOCALES), default=DEFAULT_LOCALE, show_default=True)
def create_admin(
    email: str, password_file: Path, first_name: str, last_name: str, locale: str
) -> None:
    """Make an admin with a proved address; says so when there is one already."""
    settings: Settings = settings_or_exit(lambda: Settings.from_env(environment()))
    new = NewAccount(
        email=email,
        first_name=_name(first_name),
        last_name=_name(last_name),
        user_name=None,
        role="admin",
        locale=locale,
        country=None,
        time_zone=None,
        opened_through=Origin.COMMAND,
        password_hash=PasswordHashing().hash(_password(password_file, email), "command line"),
        is_weak=False,
        is_verified=True,
    )
    database = Database(settings.database_url)
    try:
        click.echo(database.writing(lambda session: _opened_or_found(session, new, settings)))
    except ServiceError as error:
        raise click.ClickException(error.detail) from error
    finally:
        database.dispose()


def _opened_or_found(session: Session, new: NewAccount, settings: Settings) -> str:
    found = account_with_email(session, new.email)
    if found is None:
        opened = open_account(
            session, new, None, security=security_of(settings), now=SystemClock().now()
        )
        return f"admin {opened.id} was made"
    if found.role != "admin":
        message = f"account {found.id} has this address and is no admin; nothing was changed"
        raise click.ClickException(message)
    return f"admin {found.id} has this address already; nothing was changed"


def _password(password_file: Path, email: str) -> str:
    try:
        text = password_file.read_text("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise click.ClickException("the password file is not UTF-8") from error
    password = unicodedata.normalize("NFC", text)
    try:
        judge_password(password, email)
    except PasswordRejected as error:
        reasons = error.details["reasons"]
        message = f"the password cannot be used: {', '.join(map(str, reasons))}"  # type: ignore[call-overload] # a list
        raise click.ClickException(message) from error
    return password


def _name(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()[:128]


@click.command("lock-account")
@click.option("--email", type=Address(), required=True)
@click.option("--unlock", is_flag=True, help="Let the person log in again.")
def lock_account_command(email: str, unlock: bool) -> None:
    """Lock an account and end its login sessions, or unlock it."""
    settings: Settings = settings_or_exit(lambda: Settings.from_env(environment()))
    database = Database(settings.database_url)
    try:
        account_id, ended = database.writing(
            lambda session: _locked_or_unlocked(session, email, unlock=unlock)
        )
        _announce(database, settings, ended)
    except AccountNotFound as error:
        raise click.ClickException(error.detail) from error
    finally:
        database.dispose()
    word = "unlocked" if unlock else "locked"
    click.echo(f"account {account_id} is {word}; {len(ended)} login sessions ended")


@click.command("announce-accounts")
def announce_accounts_command() -> None:
    """Announce every account's present state, for a service that heard of none, or long ago.

    Events that hold addresses are wiped after thirty days and cannot be published again.
    """
    settings: Settings = settings_or_exit(lambda: Settings.from_env(environment()))
    database = Database(settings.database_url)
    count = last_id = 0
    try:
        while ids := database.writing(partial(_announce_some, after=last_id)):
            count, last_id = count + len(ids), ids[-1]
    finally:
        database.dispose()
    click.echo(f"{count} accounts are announced")


def _announce_some(session: Session, *, after: int) -> list[int]:
    accounts = next_accounts(session, after=after, limit=ANNOUNCED_AT_ONCE)
    for account in accounts:
        add_to_outbox(session, account_changed(account))
    return [account.id for account in accounts]


@click.command("remove-second-factor")
@click.option("--email", type=Address(), required=True)
def remove_second_factor_command(email: str) -> None:
    """Take away the second factor of somebody who lost it and has no recovery code left; ask them
    first, by another way than mail, whether it is really them.
    """
    settings: Settings = settings_or_exit(lambda: Settings.from_env(environment()))
    database = Database(settings.database_url)
    try:
        account_id = database.writing(
            lambda session: _without_second_factor(session, email, security_of(settings))
        )
    except AccountNotFound as error:
        raise click.ClickException(error.detail) from error
    finally:
        database.dispose()
    click.echo(f"account {account_id} has no second factor any more")


def _without_second_factor(session: Session, email: str, security: Security) -> int:
    account = account_with_email(session, email)
    if account is None:
        raise AccountNotFound
    take_second_factor_away(
        session, account.id, actor_id=None, security=security, now=SystemClock().now()
    )
    return account.id


def _locked_or_unlocked(
    session: Session, email: str, *, unlock: bool
) -> tuple[int, list[EndedLoginSession]]:
    account: Account | None = account_with_email(session, email)
    if account is None:
        raise AccountNotFound
    now = SystemClock().now()
    if unlock:
        unlock_account(session, account.id, identity=None, now=now)
        return account.id, []
    return account.id, lock_account(session, account.id, identity=None, now=now)


def _announce(database: Database, settings: Settings, ended: list[EndedLoginSession]) -> None:
    """Tell the store of ended login sessions; when it is away the worker's job does it later."""
    clock = SystemClock()
    store = ended_sessions_at(settings.redis_url, settings.data_directory, clock)
    try:
        for each in ended:
            store.end(each.id, int(each.token_expires_at.timestamp()) + 1)
    except Unavailable:
        click.echo("the store of ended login sessions is away; the worker will tell it", err=True)
        return
    ids = [each.id for each in ended]
    database.writing(lambda session: mark_announced(session, ids, clock.now()))
