"""Events other services announce, a mailbox to look into, and reading the tables."""

from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select

from notification_service.domain.mails import MailNotDelivered, MailRefused
from notification_service.models.mails import Mail
from shared.clock import instant_text
from shared.database import Database
from shared.events.catalogue import shipped_example
from shared.events.envelope import Envelope, new_event_id
from shared.keys import public_pem
from shared.sealing import seal
from shared.testing.clocks import StandingClock
from shared.testing.tokens import SEALING_PRIVATE_KEY

CLIENT, THERAPIST = 17, 42
PUBLIC_PEM = public_pem(SEALING_PRIVATE_KEY.public_key())


def event(event_type: str, at: datetime | None = None, /, **changes: Any) -> Envelope:
    """Give the shipped example of a type under a new id, with other data where wanted."""
    example = shipped_example(event_type)
    data = {**example.data, **changes}
    return replace(
        example, id=new_event_id(), time=at or StandingClock().now(), data=data,
        subject=_subject(example.subject, data),
    )  # fmt: skip


def _subject(subject: str, data: dict[str, Any]) -> str:
    kind = subject.partition("/")[0]
    key = {"account": "account_id", "client": "client_id", "conversation": "conversation_id"}
    return f"{kind}/{data[key[kind]]}" if kind in key else subject


def account(account_id: int = CLIENT, /, **changes: Any) -> Envelope:
    """Give the news of an account: verified, reads English."""
    values = {"email": f"person{account_id}@example.org", "is_verified": True, "version": 1}
    return event(
        "auth.account.registered.v1", None, **{**values, **changes, "account_id": account_id}
    )


def code(
    clock: StandingClock, digits: str = "042719", purpose: str = "sign_up",
    email: str = "person17@example.org", **changes: Any,
) -> Envelope:  # fmt: skip
    """Give a sealed code and the sealed token of a link, both good for ten minutes."""
    values = {
        "email": email,
        "purpose": purpose,
        "sealed_code": seal(PUBLIC_PEM, digits.encode(), f"{purpose}:{email}".encode()),
        "sealed_token": seal(
            PUBLIC_PEM, f"token-{digits}".encode(), f"{purpose}_link:{email}".encode()
        ),
        "expires_at": instant_text(clock.now() + timedelta(minutes=10)),
        "account_id": None,
    }
    return event("auth.code.issued.v1", clock.now(), **{**values, **changes})


class HeldMailbox:
    """Takes mails, or fails as it is told: once for each entry of `failures`."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.failures: list[MailRefused | MailNotDelivered] = []
        self.closed = 0

    def deliver(self, message: EmailMessage) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(message)

    def close(self) -> None:
        self.closed += 1


def mails_in(database: Database) -> list[Mail]:
    """Read every mail's row, oldest first."""
    return database.reading(
        lambda session: list(session.execute(select(Mail).order_by(Mail.id)).scalars())
    )


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def page_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())
