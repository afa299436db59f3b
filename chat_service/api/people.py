"""The caller as this service knows them: profile_service is asked, outside of any transaction,
before something is refused or said in a language only guessed.
"""

from collections.abc import Callable

from flask import request
from sqlalchemy.orm import Session

from chat_service.domain.people import (
    PersonView,
    learn_profile,
    read_person,
    tells_something_new,
)
from chat_service.parts import parts
from shared.errors import Unavailable
from shared.http.context import database


def caller_known(account_id: int, would_refuse: Callable[[Session], bool]) -> PersonView:
    """Give what is known of the caller.

    Asks profile_service when the language is unknown, or when `would_refuse` finds, in a reading
    transaction, that somebody without a membership would be refused. When it does not answer, what
    is known here decides.
    """

    def look(session: Session) -> tuple[PersonView, bool]:
        person = read_person(session, account_id)
        return person, not person.is_premium and would_refuse(session)

    person, is_refused = database().reading(look)
    return asked(person) if is_refused or person.locale is None else person


def asked(person: PersonView) -> PersonView:
    """Ask profile_service about the caller and keep what is new."""
    profiles = parts().profiles
    ask = profiles.own_profile if person.locale is None else profiles.own_membership
    try:
        answer = ask(_token())
    except Unavailable:
        return person
    if not tells_something_new(person, answer):
        return person
    return database().writing(lambda session: learn_profile(session, person.account_id, answer))


def _token() -> str:
    """Give the caller's token as it was sent; the access rule has verified it."""
    return request.headers["Authorization"].partition(" ")[2].strip()
