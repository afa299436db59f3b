"""People: keeping what events and answers tell of accounts, and locking a client's own calendar."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking_service.domain.accounts import Account
from booking_service.domain.practitioners import rename_practitioner
from booking_service.domain.retirements import retire_practitioner
from booking_service.models.people import Person
from booking_service.models.practitioners import Practitioner
from shared.database import insert_or_change


@dataclass(frozen=True, kw_only=True)
class RememberAccount:
    """What auth told of an account; `version` grows with every change there."""

    account_id: int
    first_name: str
    last_name: str
    role: str
    locale: str
    time_zone: str | None
    version: int
    is_locked: bool

    @classmethod
    def of(cls, account: Account) -> "RememberAccount":
        """Take over what auth answered when it was asked."""
        return cls(**vars(account))

    @property
    def account(self) -> Account:
        """Give it as a directory would."""
        return Account(**vars(self))


@dataclass(frozen=True, kw_only=True)
class RememberProfile:
    """What profile told of a person's locale and zone."""

    account_id: int
    locale: str
    time_zone: str | None
    version: int


def remember_account(session: Session, command: RememberAccount, *, now: datetime) -> None:
    """Keep an account's names and role; an older version than the copy's changes nothing.

    A listed therapist's name follows. One who is a therapist no longer, or is locked, retires, see
    `retirements`; one who is a therapist again may be listed again.
    """
    practitioner = session.execute(
        select(Practitioner)
        .where(Practitioner.id == command.account_id)
        .with_for_update(key_share=True)
    ).scalar_one_or_none()
    names = {
        "account_id": command.account_id,
        "first_name": command.first_name,
        "last_name": command.last_name,
        "role": command.role,
        "account_version": command.version,
    }
    is_newer = or_(Person.account_version.is_(None), Person.account_version < command.version)
    if not insert_or_change(session, Person, names, only_if=is_newer):
        known = session.get_one(Person, command.account_id, populate_existing=True)
        if known.account_version != command.version:
            return
    spoken = {
        "account_id": command.account_id,
        "locale": command.locale,
        "time_zone": command.time_zone,
    }
    insert_or_change(session, Person, spoken, only_if=Person.profile_version.is_(None))
    if practitioner is None:
        return
    rename_practitioner(session, practitioner, command.account.full_name)
    if command.account.is_active_therapist:
        practitioner.is_active = True
        session.flush()
    else:
        is_for_good = command.role != "therapist"
        retire_practitioner(session, practitioner, is_for_good=is_for_good, now=now)


def remember_profile(session: Session, command: RememberProfile) -> None:
    """Keep a person's locale and zone; an older version than the copy's changes nothing."""
    row = {
        "account_id": command.account_id,
        "locale": command.locale,
        "time_zone": command.time_zone,
        "profile_version": command.version,
    }
    is_newer = or_(Person.profile_version.is_(None), Person.profile_version < command.version)
    insert_or_change(session, Person, row, only_if=is_newer)


def remembered_account(session: Session, account_id: int) -> Account | None:
    """Give the copy of an account, for when auth cannot be asked."""
    person = session.get(Person, account_id)
    if person is None or person.first_name is None or person.role is None:
        return None
    return Account(
        account_id=account_id,
        first_name=person.first_name,
        last_name=person.last_name or "",
        role=person.role,
    )
