"""How the rows of `accounts` refuse: 409 for the wrong shape or a duplicate, 400 for a missing
or bad field, 401 for the wrong person.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from gateway.exchange import FieldRefused, Fields, JsonValue, LegacyAnswer, ServiceResponse
from gateway.translations.fields import Field, Reason, read_fields

UNAUTHORIZED = "Unauthorized: User authentication failed"


def answer(json: JsonValue, status: int = 200) -> LegacyAnswer:
    """Make an answer with a JSON body."""
    return LegacyAnswer(status=status, json=json)


def error(text: str, status: int) -> LegacyAnswer:
    """Make an error answer; a 401 names the scheme."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return LegacyAnswer(status=status, json={"error": text}, headers=headers)


INCORRECT_FIELD = error("Incorrect field", 400)
INVALID_BODY = error("Invalid request body", 409)
NOT_THE_PERSON = error(UNAUTHORIZED, 401)
USER_NOT_FOUND = error("User not found", 404)
ENDED_TOKEN = error("Invalid or expired token", 401)


def values_or_error(fields: Fields, specification: Sequence[Field]) -> Mapping[str, JsonValue]:
    """Read a row's fields by the service's names.

    Raises:
        FieldRefused: 409 when any field has the wrong JSON type, else 400 when any is missing or
            bad.
    """
    reading = read_fields(fields, specification)
    if any(each.reason is Reason.WRONG_TYPE for each in reading.refusals.values()):
        raise FieldRefused(INVALID_BODY)
    if reading.refusals:
        raise FieldRefused(INCORRECT_FIELD)
    return reading.values


def general_error(response: ServiceResponse) -> LegacyAnswer:
    """Answer what no row has a sentence for."""
    if response.status == 401:
        return NOT_THE_PERSON
    if response.status == 403:
        return NOT_THE_PERSON
    if response.code == "invalid_request":
        return INCORRECT_FIELD
    return error("Internal server error", 500)


def error_by_code(response: ServiceResponse, known: Mapping[str, LegacyAnswer]) -> LegacyAnswer:
    """Answer a refusal by the row's table of problem codes, else in general."""
    return known.get(response.code) or general_error(response)


def seconds_text(instant: datetime) -> str:
    """Spell an instant as this dialect does: UTC, whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def role_shown(role: JsonValue) -> str:
    """Give this dialect's word for a role: clients and therapists are users."""
    return str(role) if role in ("moderator", "admin") else "user"
