"""Operations on accounts: opening, changing, locking, giving a role."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.codes import FreshCode, Purpose, count_request, record_request
from auth_service.domain.limits import Caller, alone_with
from auth_service.domain.look_alikes import look_of
from auth_service.domain.security import Security
from auth_service.errors import EmailTaken, UserNameTaken
from auth_service.events.accounts import account_changed, account_registered
from auth_service.models.accounts import Account
from auth_service.queries.accounts import account_with_email, has_user_name
from shared.access_tokens import ROLES, STAFF, Identity
from shared.errors import NotAllowed, TooManyRequests
from shared.events.outbox import add_to_outbox

LOCALES = ("ru", "en", "ar")
DEFAULT_LOCALE = "en"
PROFESSIONALS = ROLES - {"client"}  # therapists and staff: stricter rules of passwords and tokens


class Origin(StrEnum):
    """Where an account came from: a sign-up whose address is to be proved, an older system that
    logs in at once, staff, or a command on the server.
    """

    API = "api"
    WELLBEING = "wellbeing"
    ACCOUNTS = "accounts"
    MATCHING = "matching"
    STAFF = "staff"
    COMMAND = "command"


SIGN_UPS = frozenset({Origin.API, Origin.WELLBEING})


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """Who an account is opened for. Without `user_name` one is made up; without `locale` the view
    finds one.
    """

    email: str
    first_name: str
    last_name: str = ""
    user_name: str | None = None
    role: str = "client"
    locale: str | None = None
    country: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, kw_only=True)
class OpenAccount(NewPerson):
    """Open an account with a password."""

    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class InvitePerson(NewPerson):
    """Open an account whose owner sets the password by the link that is mailed to them."""


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """An account as it is written: the password hashed, the locale decided."""

    email: str
    first_name: str
    last_name: str
    user_name: str | None
    role: str
    locale: str
    country: str | None
    time_zone: str | None
    opened_through: Origin
    password_hash: str = field(repr=False)
    is_weak: bool
    is_verified: bool = False


@dataclass(frozen=True, kw_only=True)
class ChangeAccount:
    """Change names or address; None leaves a value as it is. `password` shows that the person is
    there.
    """

    user_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class AccountView:
    """An account as it leaves the transaction; never the password hash."""

    id: int
    email: str
    user_name: str
    first_name: str
    last_name: str
    role: str
    is_verified: bool
    is_locked: bool
    must_change_password: bool
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> "AccountView":
        """Copy what may be shown."""
        return cls(
            id=account.id,
            email=account.email,
            user_name=account.user_name,
            first_name=account.first_name,
            last_name=account.last_name,
            role=account.role,
            is_verified=account.is_verified,
            is_locked=account.is_locked,
            must_change_password=account.must_change_password,
            created_at=account.created_at,
        )


@dataclass(frozen=True, kw_only=True)
class SeenAccount:
    """An account as another person sees it: what is not visible to them is None."""

    id: int
    user_name: str
    first_name: str
    last_name: str
    role: str
    email: str | None = None
    is_verified: bool | None = None
    is_locked: bool | None = None
    must_change_password: bool | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ShownAccount(SeenAccount):
    """An account as who may find it reads it. `is_listed` tells whether the therapist's public
    record is listed.
    """

    is_listed: bool


@dataclass(frozen=True, kw_only=True)
class AccountForService(AccountView):
    """An account as other services see it."""

    locale: str
    country: str | None
    time_zone: str | None
    version: int

    @classmethod
    def of(cls, account: Account) -> "AccountForService":
        """Copy everything but the password's hash."""
        return cls(
            **vars(AccountView.of(account)),
            locale=account.locale,
            country=account.country,
            time_zone=account.time_zone,
            version=account.version,
        )


def user_name_key(user_name: str) -> str:
    """Give what must be unique: the user name without case; and so must be its look, `look_of`."""
    return user_name.casefold()


def allow_opening(role: str, identity: Identity | None) -> None:
    """Let anybody open a client's account, staff a therapist's, admins any.

    Raises:
        NotAllowed: privileged roles are never self-made.
    """
    caller = identity.role if identity is not None else None
    is_allowed = {
        "client": True,
        "therapist": caller in STAFF,
    }.get(role, caller == "admin")
    if not is_allowed:
        raise NotAllowed


def open_account(
    session: Session,
    new: NewAccount,
    fresh: FreshCode | None,
    *,
    caller: Caller | None = None,
    security: Security,
    now: datetime,
    actor_id: int | None = None,
) -> Account:
    """Open an account and mail the code that proves its address; nothing is mailed without `fresh`
    and `caller`, who asks for it, or when there were too many requests for codes: nobody needs one
    to log in here.

    Adds auth.account.registered.v1 and auth.code.issued.v1 to the outbox.

    Raises:
        EmailTaken: another account has the address.
        UserNameTaken: another account has the user name, or one that looks like it.
    """
    alone_with(session, new.email)
    if account_with_email(session, new.email) is not None:
        raise EmailTaken
    account = insert_account(session, new, now)
    add_to_outbox(session, account_registered(account))
    if fresh is not None and caller is not None:
        _mail_first_code(session, account, fresh, caller, security=security, now=now)
    add_audit_entry(session, Act.ACCOUNT_OPENED, account_id=account.id, actor_id=actor_id, now=now)
    return account


def _mail_first_code(
    session: Session,
    account: Account,
    fresh: FreshCode,
    caller: Caller,
    *,
    security: Security,
    now: datetime,
) -> None:
    try:
        is_mailed = count_request(
            session, Purpose.SIGN_UP, account.email, caller, security=security, now=now
        )
    except TooManyRequests:
        return
    if is_mailed:
        record_request(session, fresh, account=account, security=security, now=now)


def insert_account(session: Session, new: NewAccount, now: datetime) -> Account:
    """Write the row; the unique constraints are the judges.

    Raises:
        EmailTaken: see `open_account`.
        UserNameTaken: see `open_account`.
    """
    user_name = new.user_name or f"user-{secrets.token_hex(8)}"
    key, look = user_name_key(user_name), look_of(user_name)
    if has_user_name(session, key, look):
        raise UserNameTaken
    account = Account(
        email=new.email,
        user_name=user_name,
        user_name_key=key,
        user_name_look=look,
        first_name=new.first_name,
        last_name=new.last_name,
        role=new.role,
        locale=new.locale,
        country=new.country,
        time_zone=new.time_zone,
        password_hash=new.password_hash,
        password_changed_at=now,
        must_change_password=new.is_weak,
        email_verified_at=now if new.is_verified else None,
        created_at=now,
        opened_through=new.opened_through.value,
    )
    session.add(account)
    flush_unique(session)
    return account


def flush_unique(session: Session) -> None:
    """Write what is pending; translate a violated unique constraint into its refusal.

    Raises:
        EmailTaken: see `open_account`.
        UserNameTaken: see `open_account`.
    """
    try:
        session.flush()
    except IntegrityError as error:
        words = str(error.orig)
        if "user_name_key" in words or "user_name_look" in words:
            raise UserNameTaken from error
        if "accounts_email" in words or "accounts.email" in words:
            raise EmailTaken from error
        raise


def rename_account(
    session: Session, account: Account, command: ChangeAccount, *, actor_id: int, now: datetime
) -> None:
    """Change the names that are given. The account must be locked. Adds auth.account.changed.v1 to
    the outbox when something changed.

    Raises:
        UserNameTaken: another account has the user name.
    """
    if command.user_name is not None and command.user_name != account.user_name:
        key, look = user_name_key(command.user_name), look_of(command.user_name)
        if has_user_name(session, key, look, but=account.id):
            raise UserNameTaken
        account.user_name = command.user_name
        account.user_name_key, account.user_name_look = key, look
    if command.first_name is not None:
        account.first_name = command.first_name
    if command.last_name is not None:
        account.last_name = command.last_name
    if session.is_modified(account):
        announce_change(session, account)
        add_audit_entry(
            session, Act.ACCOUNT_CHANGED, account_id=account.id, actor_id=actor_id, now=now
        )


def announce_change(session: Session, account: Account) -> None:
    """Write the account and add auth.account.changed.v1 with its new version to the outbox."""
    flush_unique(session)
    add_to_outbox(session, account_changed(account))
