"""Cards on file: checking one in memory, handing it to the payment provider at once, keeping what
the provider gives back.
"""

import calendar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

from sqlalchemy import delete
from sqlalchemy.orm import Session
from stdnum import luhn

from booking_service.domain.calendars import lock_client
from booking_service.errors import PaymentMethodNotFound
from booking_service.models.payment_methods import PaymentMethod
from booking_service.queries.payment_methods import payment_method_of
from shared.database import insert_or_change
from shared.errors import InvalidRequest


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card as the client typed it: only ever in memory, never in a repr."""

    holder_name: str = field(repr=False)
    number: str = field(repr=False)
    expiry_month: int = field(repr=False)
    expiry_year: int = field(repr=False)
    verification_code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class StoredCard:
    """What a provider keeps for us: an opaque token and what may be shown."""

    token: str = field(repr=False)
    brand: str
    last_four: str


class PaymentProvider(Protocol):
    """Keeps cards so that we need not; outside of this service, never called in a transaction."""

    def store(self, card: Card) -> StoredCard:
        """Keep a card.

        Raises:
            CardDeclined: the issuer refuses it.
            Unavailable: the provider does not answer.
        """
        ...

    def forget(self, token: str) -> None:
        """Forget a card; an unknown token is forgotten already.

        Raises:
            Unavailable: the provider does not answer.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class PaymentMethodView:
    """A card on file as it may be shown; `expiry` is MM/YY."""

    brand: str
    last_four: str
    expiry: str

    @classmethod
    def of(cls, method: PaymentMethod) -> "PaymentMethodView":
        """Copy what may be shown, never the provider's token."""
        return cls(
            brand=method.brand,
            last_four=method.last_four,
            expiry=f"{method.expiry_month:02}/{method.expiry_year % 100:02}",
        )


def check_card(card: Card, *, today: date) -> None:
    """Refuse a number that is no card's and a card that is over. Errors never repeat the input.

    Raises:
        InvalidRequest: naming each field.
    """
    errors: dict[str, list[str]] = {}
    if not luhn.is_valid(card.number):
        errors["number"] = ["Not a card number."]
    last_day = calendar.monthrange(card.expiry_year, card.expiry_month)[1]
    if date(card.expiry_year, card.expiry_month, last_day) < today:
        errors["expiry"] = ["The card has expired."]
    if errors:
        raise InvalidRequest(errors=errors)


def keep_card(
    session: Session, account_id: int, card: Card, stored: StoredCard, *, now: datetime
) -> tuple[PaymentMethodView, str | None]:
    """Put a stored card on file; give it, and the replaced card's token, to be forgotten."""
    lock_client(session, account_id)  # two cards at once: the second replaces the first
    earlier = payment_method_of(session, account_id)
    earlier_token = None if earlier is None else earlier.provider_token
    row: dict[str, Any] = {
        "account_id": account_id,
        "provider_token": stored.token,
        "brand": stored.brand,
        "last_four": stored.last_four,
        "expiry_month": card.expiry_month,
        "expiry_year": card.expiry_year,
        "created_at": now.astimezone(UTC),
    }
    insert_or_change(session, PaymentMethod, row)
    kept = session.get_one(PaymentMethod, account_id, populate_existing=True)
    return PaymentMethodView.of(kept), earlier_token


def remove_card(session: Session, account_id: int) -> str:
    """Take the card off file; give its token, to be forgotten.

    Raises:
        PaymentMethodNotFound: there is none.
    """
    removed = session.execute(
        delete(PaymentMethod)
        .where(PaymentMethod.account_id == account_id)
        .returning(PaymentMethod.provider_token)
    ).scalar_one_or_none()
    if removed is None:
        raise PaymentMethodNotFound
    return removed
