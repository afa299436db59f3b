"""How the rows of `matching` answer: HTTP 200 always, `status` true or false, one sentence in
Latin script for a refusal.
"""

from collections.abc import Mapping, Sequence

from gateway.exchange import FieldRefused, Fields, JsonValue, LegacyAnswer, ServiceResponse
from gateway.translations.fields import (
    Field,
    Kind,
    Reason,
    ValueRefused,
    read_fields,
    read_required,
)
from gateway.translations.identifiers import body_id

INVALID_SESSION = "Invalid session"
NOT_A_CLIENT = "Not a client"
UNKNOWN_THERAPIST = "Unknown therapist"
NOT_YOUR_THERAPIST = "Not your therapist"


def success(**members: JsonValue) -> LegacyAnswer:
    """Make the answer of a success with what the row names."""
    return LegacyAnswer(json={"status": True, **members})


def refusal(text: str, **members: JsonValue) -> LegacyAnswer:
    """Make the answer of a refusal."""
    return LegacyAnswer(json={"status": False, "error": text, **members})


def incorrect_field(name: str, **members: JsonValue) -> LegacyAnswer:
    """Make the refusal that names a missing or bad field."""
    return refusal(f"Incorrect field: {name}", **members)


def values_or_refusal(
    fields: Fields, specification: Sequence[Field], **members: JsonValue
) -> Mapping[str, JsonValue]:
    """Read a row's fields by the service's names.

    Raises:
        FieldRefused: naming the first bad field in the row's order; `members` stand beside the
            sentence.
    """
    reading = read_fields(fields, specification)
    for name in reading.refusals:
        raise FieldRefused(incorrect_field(name, **members))
    return reading.values


def value_or_refusal(fields: Fields, name: str, kind: Kind) -> JsonValue:
    """Read one required field, else refuse it by name."""
    try:
        return read_required(fields, name, kind)
    except ValueRefused as refused:
        raise FieldRefused(incorrect_field(name)) from refused


def therapist_or_refusal(fields: Fields, unknown: str = UNKNOWN_THERAPIST) -> int:
    """Read `psy_id`; a number nobody can have is answered like an unknown therapist, with the
    row's sentence.
    """
    try:
        return int(str(read_required(fields, "psy_id", body_id)))
    except ValueRefused as refused:
        is_number = refused.reason is Reason.OUT_OF_RANGE
        made = refusal(unknown) if is_number else incorrect_field("psy_id")
        raise FieldRefused(made) from refused


def refused_field(
    response: ServiceResponse, specification: Sequence[Field], **members: JsonValue
) -> LegacyAnswer | None:
    """Name the first field a service refused although the gateway accepted it; None when it
    named none of the row's.
    """
    named = response.json.get("errors") if isinstance(response.json, dict) else None
    if response.code != "invalid_request" or not isinstance(named, dict):
        return None
    for each in specification:
        if each.to in named:
            return incorrect_field(each.name, **members)
    return None


def general_refusal(response: ServiceResponse) -> LegacyAnswer:
    """Answer what no row has a sentence for."""
    if response.status == 401:
        return refusal(INVALID_SESSION)
    if response.status == 403:
        return refusal(NOT_A_CLIENT)
    return refusal("Internal server error")


def refusal_by_code(response: ServiceResponse, known: Mapping[str, str]) -> LegacyAnswer:
    """Answer a refusal by the row's table of problem codes, else in general."""
    text = known.get(response.code)
    return refusal(text) if text else general_refusal(response)
