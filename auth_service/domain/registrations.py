"""Signing up without telling whether an address is known, and what becomes of a sign-up when its
address is proved: a mailed code proves the mailbox, never anybody's password.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from auth_service.domain.accounts import SIGN_UPS, NewAccount, Origin, insert_account
from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.codes import FreshCode, Purpose, count_request, record_request
from auth_service.domain.limits import Caller, alone_with
from auth_service.domain.security import Security, token_hash
from auth_service.events.accounts import account_registered
from auth_service.events.notices import NoticeKind, notice
from auth_service.models.accounts import Account
from auth_service.models.registrations import Registration
from auth_service.queries.accounts import account_with_email, account_with_email_for_update
from auth_service.queries.login_sessions import has_logged_in
from auth_service.queries.registrations import registrations_of
from shared.errors import TooManyRequests, Unavailable
from shared.events.outbox import add_to_outbox


class ComparedTooEarly(Unavailable):
    """The password was compared with one that has been replaced meanwhile. Who asks hears what any
    service says that cannot answer now.
    """

    code = Unavailable.code


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Whether a given password is that of an unproved account, and the hash it was compared with;
    None where there was no such account.
    """

    password_hash: str | None = field(repr=False)
    is_same: bool


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is shown beside a code or link for a password to stand: the secret a registration of
    the clean API was answered with, or that the client is one of an older system, which has none.
    """

    through: Origin
    secret: str | None = field(default=None, repr=False)


def new_secret() -> str:
    """Draw the secret that a registration of the clean API is answered with."""
    return secrets.token_urlsafe(32)


def unproved_password_hash(session: Session, email: str) -> str | None:
    """Give what another sign-up's password is to be compared with, outside of the transaction."""
    account = account_with_email(session, email)
    return account.password_hash if account is not None and not account.is_verified else None


def sign_up(
    session: Session,
    new: NewAccount,
    fresh: FreshCode,
    comparison: Comparison,
    caller: Caller,
    *,
    secret: str | None,
    security: Security,
    now: datetime,
) -> TooManyRequests | None:
    """Open an account for an unknown address; mail a code for one that nobody has proved yet; tell
    the owner of a proved one and change nothing.

    A sign-up with another password than an unproved account's contests it, also one over the
    limit. Gives the refusal to be raised once the transaction stands when there were too many
    requests for this address from this network: then nothing is opened or mailed, and a code
    mailed earlier is as good as it was. Beyond what a mailbox gets from everywhere nothing is
    mailed either.

    Adds auth.account.registered.v1, auth.code.issued.v1 or auth.account.notice.v1 to the outbox.

    Raises:
        ComparedTooEarly: compare again.
    """
    alone_with(session, new.email)
    account = account_with_email_for_update(session, new.email)
    if account is not None and not account.is_verified:
        contest(session, account, comparison, now=now)
    try:
        is_mailed = count_request(
            session, Purpose.SIGN_UP, new.email, caller, security=security, now=now
        )
    except TooManyRequests as refusal:
        return refusal
    if account is None:
        account = insert_account(session, new, now)
        add_to_outbox(session, account_registered(account))
        add_audit_entry(session, Act.ACCOUNT_OPENED, account_id=account.id, now=now)
    if not account.is_verified:
        session.add(_registration(account, new, secret, now))
    if is_mailed:
        _mail(session, account, fresh, security=security, now=now)
    return None


def _mail(
    session: Session, account: Account, fresh: FreshCode, *, security: Security, now: datetime
) -> None:
    """Mail the code, or tell the owner of a proved address."""
    if account.is_verified:
        record_request(session, fresh, account=None, security=security, now=now)
        _tell_owner(session, account, security)
    else:
        record_request(session, fresh, account=account, security=security, now=now)


def contest_address(session: Session, email: str, comparison: Comparison, *, now: datetime) -> None:
    """Remember a refused opening of an account as `contest` does, where the address is unproved."""
    alone_with(session, email)
    account = account_with_email_for_update(session, email)
    if account is not None and not account.is_verified:
        contest(session, account, comparison, now=now)


def contest(session: Session, account: Account, comparison: Comparison, *, now: datetime) -> None:
    """Remember that somebody gave another password for an unproved account: whose it is, nobody
    knows. The account must be locked.

    Raises:
        ComparedTooEarly: the account's password is no longer the one that was compared.
    """
    if comparison.password_hash != account.password_hash:
        raise ComparedTooEarly
    if not comparison.is_same and not account.is_contested:
        account.is_contested = True
        add_audit_entry(session, Act.ACCOUNT_CONTESTED, account_id=account.id, now=now)


def may_keep_password(session: Session, account: Account, claim: Claim) -> bool:
    """Tell whether the password of an account stands when its address is proved: every sign-up
    for it gave the same one, and the claim is that of one of them. A secret says so; an older
    system's client has none, and then nobody may have logged in yet.
    """
    came_from_sign_ups = account.opened_through in SIGN_UPS and account.role == "client"
    if account.is_contested or not came_from_sign_ups:
        return False
    made = registrations_of(session, account.id)
    if claim.through is Origin.API:
        shown = token_hash(claim.secret or "")
        return any(each.secret_hash == shown for each in made)
    is_of_this_system = any(each.opened_through == claim.through for each in made)
    return is_of_this_system and not has_logged_in(session, account.id)


def take_names_of_newest(session: Session, account: Account) -> None:
    """Give an account the names and language of the newest sign-up for it."""
    for newest in registrations_of(session, account.id)[:1]:
        account.first_name, account.last_name = newest.first_name, newest.last_name
        account.locale = newest.locale


def forget_registrations(session: Session, account_id: int) -> None:
    """Delete the sign-ups of an account: they have nothing left to prove."""
    session.execute(delete(Registration).where(Registration.account_id == account_id))


def _registration(
    account: Account, new: NewAccount, secret: str | None, now: datetime
) -> Registration:
    return Registration(
        account_id=account.id,
        opened_through=new.opened_through.value,
        secret_hash=token_hash(secret) if secret is not None else None,
        first_name=new.first_name,
        last_name=new.last_name,
        locale=new.locale,
        made_at=now,
    )


def _tell_owner(session: Session, account: Account, security: Security) -> None:
    add_to_outbox(
        session,
        notice(
            NoticeKind.ALREADY_REGISTERED,
            email=account.email,
            account_id=account.id,
            locale=account.locale,
            recipient_key=security.recipient_key(account.email),
        ),
    )
