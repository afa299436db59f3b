"""What is known of a person: learning it from events and from profile_service."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from chat_service.domain.stages import DEFAULT_LOCALE
from chat_service.models.people import NEVER_HEARD, Person
from chat_service.queries.people import known_person, person_for_update


@dataclass(frozen=True, kw_only=True)
class ProfileAnswer:
    """What profile_service says about the caller. `locale` is null when it was not asked for."""

    locale: str | None
    premium_since: datetime | None


class Profiles(Protocol):
    """profile_service, asked before something is refused or said in a language only guessed."""

    def own_profile(self, token: str) -> ProfileAnswer:
        """Ask for language and membership of whom the token speaks for.

        Raises:
            Unavailable: no usable answer in time.
        """
        ...

    def own_membership(self, token: str) -> ProfileAnswer:
        """Ask for the membership alone, which costs profile_service far less.

        Raises:
            Unavailable: no usable answer in time.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class PersonView:
    """A person as far as this service knows them; `locale` is null while unknown."""

    account_id: int
    locale: str | None
    is_premium: bool
    has_heard_profile: bool

    @property
    def speaks(self) -> str:
        """Give the language to use now."""
        return self.locale or DEFAULT_LOCALE


@dataclass(frozen=True, kw_only=True)
class HearProfile:
    """A profile's whole state, as an event tells it."""

    account_id: int
    locale: str
    country: str | None
    version: int


@dataclass(frozen=True, kw_only=True)
class BeginMembership:
    """A person is a premium member since an instant."""

    account_id: int
    started_at: datetime


def read_person(session: Session, account_id: int) -> PersonView:
    """Give what is known of a person, also of one never heard of."""
    return _view(account_id, known_person(session, account_id))


def hear_profile(session: Session, command: HearProfile) -> None:
    """Take a profile's state; an older one than heard before changes nothing."""
    person = person_for_update(session, command.account_id)
    person.hear_profile(locale=command.locale, country=command.country, version=command.version)


def begin_membership(session: Session, command: BeginMembership) -> None:
    """Open every stage to a person, for good."""
    person_for_update(session, command.account_id).become_premium(command.started_at)


def learn_profile(session: Session, account_id: int, answer: ProfileAnswer) -> PersonView:
    """Keep what profile_service answered and give what is known now."""
    person = person_for_update(session, account_id)
    person.learn(locale=answer.locale, premium_since=answer.premium_since)
    return _view(account_id, person)


def tells_something_new(person: PersonView, answer: ProfileAnswer) -> bool:
    """Tell whether an answer is worth a writing transaction."""
    is_new_locale = not person.has_heard_profile and answer.locale not in (None, person.locale)
    return is_new_locale or (answer.premium_since is not None and not person.is_premium)


def _view(account_id: int, person: Person | None) -> PersonView:
    if person is None:
        return PersonView(
            account_id=account_id, locale=None, is_premium=False, has_heard_profile=False
        )
    return PersonView(
        account_id=account_id,
        locale=person.locale,
        is_premium=person.is_premium,
        has_heard_profile=person.profile_version != NEVER_HEARD,
    )
