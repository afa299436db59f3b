"""People: keeping what events and answers tell of accounts, and locking a client's own calendar."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking_service.domain.accounts import Account
from booking_service.domain.practitioners import rename_practitioner, withdraw_practitioner
from booking_service.models.people import Person
from booking_service.models.practitioners import Practitioner


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

    @property
    def account(self) -> Account:
        """Give it as a directory would."""
        return Account(
            account_id=self.account_id,
            first_name=self.first_name,
            last_name=self.last_name,
            role=self.role,
        )


@dataclass(frozen=True, kw_only=True)
class RememberProfile:
    """What profile told of a person's locale and zone."""

    account_id: int
    locale: str
    time_zone: str | None
    version: int


def remember_account(session: Session, command: RememberAccount) -> None:
    """Keep an account's names and role; an older version than the copy's changes nothing.

    A listed therapist's name follows. One who is a therapist no longer, or is locked, is taken
    off the list (booking.practitioner.withdrawn.v1); appointments stay.
    """
    practitioner = session.execute(
        select(Practitioner)
        .where(Practitioner.id == command.account_id)
        .with_for_update(key_share=True)
    ).scalar_one_or_none()
    names: dict[str, Any] = {
        "first_name": command.first_name,
        "last_name": command.last_name,
        "role": command.role,
        "account_version": command.version,
    }
    is_newer = or_(Person.account_version.is_(None), Person.account_version < command.version)
    if not _upsert(session, command.account_id, names, is_newer):
        return
    _upsert(
        session,
        command.account_id,
        {"locale": command.locale, "time_zone": command.time_zone},
        Person.profile_version.is_(None),
    )
    if practitioner is None:
        return
    rename_practitioner(session, practitioner, command.account.full_name)
    if command.role != "therapist" or command.is_locked:
        withdraw_practitioner(session, practitioner.id)


def remember_profile(session: Session, command: RememberProfile) -> None:
    """Keep a person's locale and zone; an older version than the copy's changes nothing."""
    _upsert(
        session,
        command.account_id,
        {
            "locale": command.locale,
            "time_zone": command.time_zone,
            "profile_version": command.version,
        },
        or_(Person.profile_version.is_(None), Person.profile_version < command.version),
    )


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


def _upsert(session: Session, account_id: int, values: Mapping[str, Any], where: Any) -> bool:
    """Insert or update; tell whether anything was written."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    dialect = postgresql if is_postgresql else sqlite
    statement = (
        dialect.insert(Person)
        .values(account_id=account_id, **values)
        .on_conflict_do_update(index_elements=["account_id"], set_=dict(values), where=where)
        .returning(Person.account_id)
    )
    return session.execute(statement).first() is not None
