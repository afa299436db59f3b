"""Identifiers as old clients send them: digits in a path, an integer or digits in a body."""

import re

from gateway.exchange import JsonValue, LegacyRequest
from gateway.translations.fields import Reason, ValueRefused, integer
from shared.http.fields import MAX_IDENTIFIER

_PATH_ID = re.compile(r"[0-9]{1,16}")


def is_path_id(text: str) -> bool:
    """Tell whether a path segment is an identifier: 1 to 16 digits, no sign."""
    return _PATH_ID.fullmatch(text) is not None


def path_id(request: LegacyRequest) -> int | None:
    """Give the identifier in the path, or None when the segment is none."""
    text = request.path_parameters.get("id", "")
    return int(text) if is_path_id(text) else None


def body_id(value: JsonValue) -> int:
    """Read an identifier from a body.

    Raises:
        ValueRefused: `WRONG_TYPE` or `BLANK` as for any integer, `BAD` for a string that is no
            number, `OUT_OF_RANGE` for a number nobody can have.
    """
    number = integer(value)
    if not 1 <= number <= MAX_IDENTIFIER:
        raise ValueRefused(Reason.OUT_OF_RANGE, "No such id.")
    return number
