"""The built-in payment provider: repeatable answers, nothing kept."""

import pytest

from booking_service.clients.payment_provider import DECLINED_NUMBERS, BuiltInPaymentProvider
from booking_service.domain.payment_methods import Card
from booking_service.errors import CardDeclined


def card(number: str) -> Card:
    return Card(
        holder_name="A B",
        number=number,
        expiry_month=1,
        expiry_year=2030,
        verification_code="123",
    )


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4111111111111111", "visa"),
        ("5555555555554444", "mastercard"),
        ("2223003122003222", "mastercard"),
        ("2200000000000004", "mir"),
        ("378282246310005", "amex"),
        ("6011111111111117", "discover"),
        ("9999999999999995", "card"),
    ],
)
def test_the_brand_follows_from_the_number(number: str, brand: str):
    stored = BuiltInPaymentProvider().store(card(number))

    assert (stored.brand, stored.last_four) == (brand, number[-4:])
    assert number not in stored.token


@pytest.mark.parametrize("number", sorted(DECLINED_NUMBERS))
def test_known_test_numbers_are_always_declined(number: str):
    with pytest.raises(CardDeclined):
        BuiltInPaymentProvider().store(card(number))


def test_every_token_is_its_own_and_a_card_never_shows_itself():
    provider = BuiltInPaymentProvider()

    tokens = {provider.store(card("4111111111111111")).token for _ in range(20)}

    assert len(tokens) == 20
    assert "4111" not in repr(card("4111111111111111"))
