"""A card on file (M10). The number and the code pass through memory only: nothing here keeps,
logs or answers them.
"""

import re
from datetime import date

from stdnum import luhn

from gateway.exchange import (
    JsonValue,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import matching_dialect as dialect
from gateway.translations.fields import Field, Kind, Reason, ValueRefused, clean_string, name_of

HOLDER_CHARACTERS = 64

_NUMBER = re.compile(r"[0-9]{12,19}")
_EXPIRY = re.compile(r"(0[1-9]|1[0-2])(?: / |/|-)?([0-9]{2})")
_VERIFICATION_CODE = re.compile(r"[0-9]{3,4}")
_CENTURY = 2000


def _card_number(value: JsonValue) -> str:
    digits = re.sub(r"[ -]", "", clean_string(value).strip())
    if not _NUMBER.fullmatch(digits) or not luhn.is_valid(digits):
        raise ValueRefused(Reason.BAD, "No card number.")
    return digits


def _expiry_not_before(today: date) -> Kind:
    def expiry(value: JsonValue) -> str:
        match = _EXPIRY.fullmatch(clean_string(value).strip())
        if match is None:
            raise ValueRefused(Reason.BAD, "No expiry date.")
        month, year = match.groups()
        if (_CENTURY + int(year), int(month)) < (today.year, today.month):
            raise ValueRefused(Reason.OUT_OF_RANGE, "The card has expired.")
        return f"{month}/{year}"

    return expiry


def _verification_code(value: JsonValue) -> str:
    digits = clean_string(value).strip()
    if not _VERIFICATION_CODE.fullmatch(digits):
        raise ValueRefused(Reason.BAD, "No verification code.")
    return digits


def _card_fields(surroundings: Surroundings) -> tuple[Field, ...]:
    return (
        Field(name="card_name", to="holder_name", kind=name_of(HOLDER_CHARACTERS)),
        Field(name="card_number", to="number", kind=_card_number),
        Field(name="card_exp", to="expiry", kind=_expiry_not_before(surroundings.now.date())),
        Field(name="card_ccv", to="verification_code", kind=_verification_code),
    )


def _put_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    values = dialect.values_or_refusal(request.fields, _card_fields(surroundings))
    return ServiceRequest(method="POST", path="/api/v1/payment-methods", json=dict(values))


def _put_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.success()
    return dialect.refused_field(response, _card_fields(surroundings)) or dialect.refusal_by_code(
        response, {"card_declined": "Card declined", "cards_not_taken": "Card declined"}
    )


PUT_CARD_ON_FILE = Translation(to_service=_put_to_service, to_legacy=_put_to_legacy)
