"""What is heard of accounts: names for calendars, and therapists who are none any longer."""

from sqlalchemy.orm import Session

from booking_service.domain.people import remember_account
from booking_service.listeners.schemas.accounts import AccountToldSchema
from shared.events.envelope import Envelope
from shared.events.inbox import handled_at
from shared.events.reading import command_of


def remember_account_told(session: Session, envelope: Envelope) -> None:
    """Keep what auth told of an account.

    Raises:
        UnprocessableEvent: the data is not of the agreed shape.
    """
    command = command_of(AccountToldSchema, envelope)
    remember_account(session, command, now=handled_at(session, envelope))
