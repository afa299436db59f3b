"""The payment providers at hand: a built-in one that keeps nothing, charges nobody and declines
known test numbers, and none at all.

The built-in one stands where a real provider's client will stand; its answers depend on the number
alone, so that tests and demonstrations are repeatable.
"""

import secrets
from types import MappingProxyType
from typing import Final

from booking_service.domain.payment_methods import Card, StoredCard
from booking_service.errors import CardDeclined, CardsNotTaken

DECLINED_NUMBERS: Final = frozenset(
    {
        "4000000000000002",  # declined for no reason given
        "4000000000009995",  # not enough money
        "4000000000009987",  # reported lost
        "4000000000000069",  # expired, says the issuer
        "4000000000000127",  # wrong verification code, says the issuer
    }
)
_BRANDS: Final = MappingProxyType(
    {"4": "visa", "5": "mastercard", "2": "mir", "3": "amex", "6": "discover"}
)


class BuiltInPaymentProvider:
    """A PaymentProvider without anybody behind it."""

    def store(self, card: Card) -> StoredCard:
        """Give a random token for a card.

        Raises:
            CardDeclined: the number is one of DECLINED_NUMBERS.
        """
        if card.number in DECLINED_NUMBERS:
            raise CardDeclined
        return StoredCard(
            token=f"card_{secrets.token_urlsafe(24)}",
            brand=_brand_of(card.number),
            last_four=card.number[-4:],
        )

    def forget(self, token: str) -> None:
        """Have nothing to forget: nothing was kept."""


class NoPaymentProvider:
    """A PaymentProvider for an installation that takes no cards."""

    def store(self, card: Card) -> StoredCard:
        """Keep nothing.

        Raises:
            CardsNotTaken: always.
        """
        raise CardsNotTaken

    def forget(self, token: str) -> None:
        """Have nothing to forget: what an earlier provider kept is its operator's to remove."""


def _brand_of(number: str) -> str:
    if number.startswith("2") and 2221 <= int(number[:4]) <= 2720:
        return "mastercard"
    return _BRANDS.get(number[:1], "card")
