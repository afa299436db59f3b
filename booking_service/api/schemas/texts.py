"""Texts that may stand in several languages, and how they are answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import ValidationError, fields

from booking_service.models.tables import LocalizedText
from shared.http.fields import Name, Text
from shared.http.locales import LOCALES, locale_field
from shared.schemas import CommandSchema


class Localized(fields.Field[LocalizedText]):
    """A text, or an object of texts by locale (ru, en, ar); kept as sent."""

    described_as: ClassVar = {
        "type": ["string", "object"],
        "additionalProperties": {"type": "string"},
    }

    def __init__(self, inner: Text, **kwargs: Any) -> None:
        self._inner = inner
        super().__init__(**kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> LocalizedText:
        if isinstance(value, str):
            return self._text(value)
        if not isinstance(value, dict) or not value:
            raise ValidationError("Must be a text or an object of texts by locale.")
        unknown = sorted(set(value) - set(LOCALES))
        if unknown:
            raise ValidationError("Locales are " + ", ".join(LOCALES) + ".")
        return {locale: self._text(text) for locale, text in value.items()}

    def _text(self, value: object) -> str:
        if not isinstance(value, str):
            raise ValidationError("Must be a text.")
        return self._inner.deserialize(value) or ""


class Texts(fields.Raw):
    """A text, or texts by locale, as `in_locale` gives them."""

    described_as: ClassVar = Localized.described_as


def localized_name(**kwargs: Any) -> Localized:
    """Make the field of a name of at most 128 characters per locale."""
    return Localized(Name(maximum=128), **kwargs)


def localized_text(**kwargs: Any) -> Localized:
    """Make the field of a text of at most 6,000 characters per locale."""
    return Localized(Text(maximum=6000, may_be_blank=True), **kwargs)


def in_locale(text: LocalizedText, locale: str | None) -> object:
    """Give a text for a locale: that one, else English, Russian, whatever there is; without a
    locale as it is kept.
    """
    if isinstance(text, str) or locale is None:
        return text
    for wanted in (locale, "en", "ru", *text):
        if wanted in text:
            return text[wanted]
    return ""


@dataclass(frozen=True, kw_only=True)
class LocaleWanted:
    """The locale asked for, or None."""

    locale: str | None


class LocaleQuerySchema(CommandSchema):
    """In which language texts are answered."""

    makes = LocaleWanted

    locale = locale_field()
