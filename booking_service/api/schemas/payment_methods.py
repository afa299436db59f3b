"""Bodies of `/api/v1/payment-methods`. Errors never repeat what was sent."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from booking_service.domain.payment_methods import Card
from shared.http.fields import Name, QueryNumber
from shared.http.pagination import list_schema
from shared.schemas import CommandSchema

CENTURY = 2000


class CardSchema(Schema):
    """A card, checked in memory and handed to the payment provider at once."""

    holder_name = Name(
        maximum=64,
        required=True,
        load_only=True,
        metadata={"description": "as printed on the card; never kept"},
    )
    number = fields.String(
        required=True,
        load_only=True,
        validate=validate.Regexp(r"\A[0-9]{12,19}\Z", error="Not a card number."),
        metadata={"description": "12 to 19 digits"},
    )
    expiry = fields.String(
        required=True,
        load_only=True,
        validate=validate.Regexp(r"\A(0[1-9]|1[0-2])/[0-9]{2}\Z", error="Not an expiry MM/YY."),
        metadata={"description": "MM/YY; good to the end of that month"},
    )
    verification_code = fields.String(
        required=True,
        load_only=True,
        validate=validate.Regexp(r"\A[0-9]{3,4}\Z", error="Not a verification code."),
        metadata={"description": "3 or 4 digits; never kept"},
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> Card:
        """Give the card."""
        month, year = data.pop("expiry").split("/")
        return Card(**data, expiry_month=int(month), expiry_year=CENTURY + int(year))


class PaymentMethodSchema(Schema):
    """The card on file."""

    brand = fields.String(metadata={"description": "whose card it is, such as visa"})
    last_four = fields.String(metadata={"description": "the last four digits"})
    expiry = fields.String(metadata={"description": "MM/YY"})


PaymentMethodListSchema = list_schema(PaymentMethodSchema)


@dataclass(frozen=True, kw_only=True)
class AccountWanted:
    """Whose card."""

    account_id: int


class AccountWantedSchema(CommandSchema):
    """Whose card."""

    makes = AccountWanted

    account_id = QueryNumber(required=True, metadata={"description": "whose card"})
