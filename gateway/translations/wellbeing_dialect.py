"""How the rows of `wellbeing` refuse: field errors all at once, single errors in a listed order,
password reasons as sentences.
"""

from collections.abc import Mapping, Sequence

from gateway.exchange import FieldRefused, Fields, JsonValue, LegacyAnswer, ServiceResponse
from gateway.translations.fields import (
    ABSENT,
    NO_ADDRESS_TEXT,
    NO_STRING_TEXT,
    PASSWORD_CHARACTERS,
    PASSWORD_CHARACTERS_AT_LEAST,
    Field,
    Kind,
    ValueRefused,
    address,
    read_fields,
    read_required,
)

SENT = "A verification code has been sent to your email"
NOT_PERMITTED = "You do not have permission to perform this action."

_PASSWORD_REASONS = {
    "too_short": "This password is too short. "
    f"It must contain at least {PASSWORD_CHARACTERS_AT_LEAST} characters.",
    "too_long": "This password is too long. "
    f"It must contain at most {PASSWORD_CHARACTERS} characters.",
    "too_common": "This password is too common.",
    "entirely_numeric": "This password is entirely numeric.",
    "similar_to_email": "The password is too similar to the email address.",
}
_NOT_AUTHENTICATED = {
    "not_authenticated": "Authentication credentials were not provided.",
    "token_expired": "Token has expired",
    "account_inactive": "User inactive or deleted",
    "account_locked": "User inactive or deleted",
    "account_erased": "User inactive or deleted",
}


def answer(json: JsonValue, status: int = 200) -> LegacyAnswer:
    """Make an answer with a JSON body."""
    return LegacyAnswer(status=status, json=json)


def message(text: str) -> LegacyAnswer:
    """Make the success answer that is only a sentence."""
    return answer({"message": text})


def single_error(text: JsonValue, status: int = 400) -> LegacyAnswer:
    """Make an error answer of one sentence, or of the list of password reasons."""
    return answer({"error": text}, status)


def field_errors(errors: Mapping[str, Sequence[str]]) -> LegacyAnswer:
    """Make the answer that names every bad field."""
    return answer({name: list(texts) for name, texts in errors.items()}, 400)


def detail(text: str, status: int) -> LegacyAnswer:
    """Make an error answer of the general form."""
    headers = {"WWW-Authenticate": "Token"} if status == 401 else {}
    return LegacyAnswer(status=status, json={"detail": text}, headers=headers)


def values_or_field_errors(
    fields: Fields, specification: Sequence[Field]
) -> Mapping[str, JsonValue]:
    """Read a row's fields by the service's names.

    Raises:
        FieldRefused: with every bad field at once.
    """
    reading = read_fields(fields, specification)
    if reading.refusals:
        raise FieldRefused(
            field_errors({name: [refused.text] for name, refused in reading.refusals.items()})
        )
    return reading.values


def value_or_error(fields: Fields, name: str, kind: Kind, *, missing: str, bad: str) -> JsonValue:
    """Read one field whose absence and badness each have their sentence.

    Raises:
        FieldRefused: with `missing` for null, blank and a wrong type too, else with `bad`.
    """
    try:
        return read_required(fields, name, kind)
    except ValueRefused as refused:
        text = missing if refused.reason in ABSENT else bad
        raise FieldRefused(single_error(text)) from refused


def address_or_error(
    fields: Fields, *, missing: str = "Email is required", bad: str = "Invalid email format"
) -> str:
    """Read the field `email` in the single-error style."""
    return str(value_or_error(fields, "email", address, missing=missing, bad=bad))


def password_reasons(response: ServiceResponse) -> list[str]:
    """Give the sentences for a refused password, in the order the contract lists them."""
    given = response.json.get("reasons") if isinstance(response.json, dict) else None
    return [text for code, text in _PASSWORD_REASONS.items() if code in (given or ())]


def errors_by_service(
    response: ServiceResponse, specification: Sequence[Field]
) -> LegacyAnswer | None:
    """Name the fields a service refused although the gateway accepted them; None when it named
    none of the row's.
    """
    named = response.json.get("errors") if isinstance(response.json, dict) else None
    if response.code != "invalid_request" or not isinstance(named, dict):
        return None
    refused = {
        each.name: [NO_ADDRESS_TEXT if each.kind is address else NO_STRING_TEXT]
        for each in specification
        if each.to in named
    }
    return field_errors(refused) if refused else None


def general_error(response: ServiceResponse) -> LegacyAnswer:
    """Answer what no row has a sentence for: who the caller is and may do; anything else is our
    own fault.
    """
    if response.status == 401:
        return detail(_NOT_AUTHENTICATED.get(response.code, "Invalid token"), 401)
    if response.code == "email_not_verified":
        return detail("You need to verify your email", 403)
    if response.status == 403:
        return detail(NOT_PERMITTED, 403)
    if response.status == 413:
        return detail("Body too large.", 413)
    return detail("Internal server error.", 500)


def error_by_code(response: ServiceResponse, known: Mapping[str, LegacyAnswer]) -> LegacyAnswer:
    """Answer a refusal by the row's table of problem codes, else in general."""
    return known.get(response.code) or general_error(response)
