"""marshmallow fields that take exactly one JSON type: no "5" for 5, no true for 1, no naive
instants; and how they look outward.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from shared.blank_texts import is_blank
from shared.clock import instant_text
from shared.currencies import minor_unit_digits
from shared.mailbox_addresses import MailboxAddress, mailbox_address, shown_address
from shared.pages import MAX_IDENTIFIER as MAX_IDENTIFIER
from shared.time_zones import time_zones

_BIDI_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_OTHER_HYPHENS = frozenset("\u2043\u2212\u00ad\ufe63\uff0d")
EARLIEST_YEAR, LATEST_YEAR = 1900, 2100
NOT_AN_INSTANT = "Not an RFC 3339 instant with a time zone."
NOT_A_DAY = "Not a day written YYYY-MM-DD."


def has_unstorable(text: str) -> bool:
    """Tell whether a text holds NUL or a lone surrogate, which no database here stores."""
    return "\x00" in text or any(0xD800 <= ord(character) <= 0xDFFF for character in text)


class WholeNumber(fields.Integer):
    """A JSON integer within bounds (inclusive); never a boolean, a fraction or a string."""

    def __init__(self, *, minimum: int = 0, maximum: int = 2**31 - 1, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(minimum, maximum), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if type(value) is not int:
            raise self.make_error("invalid")
        return value


class Identifier(WholeNumber):
    """An identifier: a JSON integer from 1 to 2^53."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(minimum=1, maximum=MAX_IDENTIFIER, **kwargs)


class QueryNumber(fields.Integer):
    """A whole number in a query string: ASCII digits only, within bounds (inclusive)."""

    def __init__(self, *, minimum: int = 0, maximum: int = MAX_IDENTIFIER, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(minimum, maximum), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,16}", value):
            raise self.make_error("invalid")
        return int(value)


class Truth(fields.Boolean):
    """JSON true or false, nothing else."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Text(fields.String):
    """A text kept exactly as sent, `minimum` to `maximum` characters; one of which nothing is seen
    is refused unless `may_be_blank`.
    """

    def __init__(
        self, *, maximum: int, minimum: int = 0, may_be_blank: bool = False, **kwargs: Any
    ) -> None:
        self._may_be_blank = may_be_blank
        super().__init__(validate=validate.Length(minimum, maximum), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if has_unstorable(text):
            raise self.make_error("invalid")
        if not self._may_be_blank and is_blank(text):
            raise ValidationError("Must not be blank.")
        return text


def folded_code(text: str) -> str:
    """Give a mailed code as it is compared: the digits of any script as ASCII; spaces, hyphens and
    invisible characters such as direction marks dropped. What else it holds stays, and is wrong.
    """
    return "".join(_folded(each) for each in text)


def _folded(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if character.isspace() or category in ("Cf", "Pd") or character in _OTHER_HYPHENS:
        return ""
    return character


class Name(Text):
    """A name of a person or thing: NFC, trimmed, one line, no bidi overrides or control
    characters; one of which nothing is seen is empty, where it may be.
    """

    def __init__(self, *, maximum: int = 128, **kwargs: Any) -> None:
        super().__init__(maximum=maximum, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = unicodedata.normalize(
            "NFC", super()._deserialize(value, attr, data, **kwargs)
        ).strip()
        if _BIDI_OVERRIDES.search(text) or any(unicodedata.category(c) == "Cc" for c in text):
            raise ValidationError("Must not hold control characters.")
        return "" if is_blank(text) else text


class Secret(fields.String):
    """A password or token as sent, NFC; bounded so that hashing stays cheap. Never dumped."""

    def __init__(self, *, maximum: int = 1024, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(1, maximum), load_only=True, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if has_unstorable(text):
            raise self.make_error("invalid")
        return unicodedata.normalize("NFC", text)


class EmailAddress(fields.String):
    """An e-mail address: read into its canonical form (`shared.mailbox_addresses`), shown as the
    person wrote it.
    """

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> MailboxAddress:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        try:
            return mailbox_address(text)
        except ValueError as error:
            raise ValidationError("Not a valid email address.") from error

    def _serialize(
        self, value: str | None, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | None:
        return None if value is None else shown_address(value)


class Instant(fields.Field[datetime]):
    """An RFC 3339 instant with zone, from 1900 to 2100; aware UTC inside, `…Z` with microseconds
    outward.
    """

    described_as: ClassVar = {"type": "string", "format": "date-time"}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise ValidationError(NOT_AN_INSTANT)
        try:
            moment = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise ValidationError(NOT_AN_INSTANT) from error
        if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise ValidationError(NOT_AN_INSTANT)
        return moment

    def _serialize(
        self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | None:
        return None if value is None else instant_text(value)


class TimeZone(fields.String):
    """The name of an IANA time zone, see `shared.time_zones`."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        name: str = super()._deserialize(value, attr, data, **kwargs)
        if name not in time_zones():
            raise ValidationError("Not an IANA time zone.")
        return name


class CurrencyCode(fields.String):
    """The ISO 4217 code of a currency people pay with."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        code: str = super()._deserialize(value, attr, data, **kwargs)
        if code not in minor_unit_digits():
            raise ValidationError("Not an ISO 4217 code.")
        return code


class Day(fields.Field[date]):
    """A calendar day `YYYY-MM-DD`, from 1900 to 2100."""

    described_as: ClassVar = {"type": "string", "format": "date"}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValidationError(NOT_A_DAY)
        try:
            day = date.fromisoformat(value)
        except ValueError as error:
            raise ValidationError(NOT_A_DAY) from error
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise ValidationError(NOT_A_DAY)
        return day

    def _serialize(
        self, value: date | None, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | None:
        return None if value is None else value.isoformat()
