"""Bodies of `/api/v1/practitioners`."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from booking_service.api.schemas.texts import (
    Texts,
    in_locale,
    localized_name,
    localized_text,
)
from booking_service.domain.code_lists import LANGUAGES, METHODS, THERAPY_TYPES, TOPICS
from booking_service.domain.practitioners import (
    BookingSettings,
    PractitionerView,
    WritePractitioner,
)
from booking_service.queries.practitioners import PractitionerFilter
from shared.http.fields import CurrencyCode, QueryNumber, TimeZone, WholeNumber
from shared.http.locales import locale_field
from shared.http.pagination import PageWantedSchema, page_schema, page_wanted
from shared.pages import PageWanted
from shared.schemas import CommandSchema

GENDERS = ("man", "woman")
THERAPY_TYPE_WORDS = [each.word for each in THERAPY_TYPES]
LANGUAGE_WORDS = [each.word for each in LANGUAGES]
HIGHEST_PRICE = 1_000_000_000
SMALLEST_SESSION, LONGEST_SESSION = 10, 480


def topic_numbers(**kwargs: Any) -> fields.List[Any]:
    """Make the field of a list of topics, each once."""
    return fields.List(
        WholeNumber(maximum=TOPICS[-1].id),
        validate=validate.Length(max=len(TOPICS)),
        metadata={"description": "numbers of the topics' code list"},
        **kwargs,
    )


def _words(allowed: list[str], description: str) -> fields.List[Any]:
    return fields.List(
        fields.String(validate=validate.OneOf(allowed)),
        required=True,
        validate=validate.Length(1, len(allowed)),
        metadata={"description": description},
    )


class BookingSettingsSchema(CommandSchema):
    """The rules of booking with one therapist."""

    makes = BookingSettings

    minimum_notice_minutes = WholeNumber(
        maximum=43_200, metadata={"description": "how long before its start an hour may be booked"}
    )
    free_cancellation_minutes = WholeNumber(
        maximum=43_200,
        metadata={"description": "a client's later move or cancellation is late and chargeable"},
    )
    hard_limit_minutes = WholeNumber(
        maximum=43_200,
        allow_none=True,
        metadata={"description": "later only staff may move or cancel; null: no such limit"},
    )
    booking_window_days = WholeNumber(
        minimum=1, maximum=365, metadata={"description": "how far ahead hours are offered"}
    )
    buffer_minutes = WholeNumber(
        maximum=240, metadata={"description": "free time after each appointment; multiple of 10"}
    )
    maximum_coming_per_client = WholeNumber(
        minimum=1, maximum=100, metadata={"description": "coming appointments per client"}
    )


class WritePractitionerSchema(Schema):
    """A whole public record; what is missing takes its default."""

    name = localized_name(
        load_default=None,
        allow_none=True,
        metadata={"description": "text, or texts by locale; null shows the account's name"},
    )
    information = localized_text(
        load_default="", metadata={"description": "about the therapist; text, or texts by locale"}
    )
    education = localized_text(
        load_default="", metadata={"description": "text, or texts by locale"}
    )
    therapy_types = _words(THERAPY_TYPE_WORDS, "individual, couple or both")
    methods = fields.List(
        WholeNumber(maximum=METHODS[-1].id),
        load_default=list,
        validate=validate.Length(max=len(METHODS)),
        metadata={"description": "numbers of the methods' code list"},
    )
    topics = topic_numbers(load_default=list)
    languages = _words(LANGUAGE_WORDS, "ru, en, hu")
    gender = fields.String(
        required=True, validate=validate.OneOf(GENDERS), metadata={"description": "man or woman"}
    )
    session_minutes = WholeNumber(
        minimum=SMALLEST_SESSION,
        maximum=LONGEST_SESSION,
        load_default=50,
        metadata={"description": "length of an appointment; multiple of 10"},
    )
    price_minor_units = WholeNumber(
        required=True, maximum=HIGHEST_PRICE, metadata={"description": "price of an appointment"}
    )
    currency = CurrencyCode(load_default="HUF", metadata={"description": "ISO 4217"})
    time_zone = TimeZone(
        load_default=None,
        allow_none=True,
        metadata={"description": "IANA zone the therapist works in; missing: as it is"},
    )
    settings = fields.Nested(
        BookingSettingsSchema,
        load_default=BookingSettings,
        metadata={"description": "the rules of booking; missing ones take their defaults"},
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> WritePractitioner:
        lists = {
            name: tuple(data[name]) for name in ("therapy_types", "methods", "topics", "languages")
        }
        return WritePractitioner(**{**data, **lists})


class PractitionerSchema(Schema):
    """A therapist's public record."""

    id = fields.Integer(metadata={"description": "the therapist's account id"})
    name = Texts(metadata={"description": "text, or texts by locale"})
    photo_url = fields.String(metadata={"description": "needs no token; a default picture if none"})
    information = Texts(metadata={"description": "text, or texts by locale"})
    education = Texts(metadata={"description": "text, or texts by locale"})
    therapy_types = fields.List(
        fields.String(), metadata={"description": "individual, couple or both"}
    )
    methods = fields.List(
        fields.Integer(), metadata={"description": "numbers of the methods' code list"}
    )
    topics = fields.List(
        fields.Integer(), metadata={"description": "numbers of the topics' code list"}
    )
    languages = fields.List(
        fields.String(), metadata={"description": "ISO 639-1 codes of the languages spoken"}
    )
    gender = fields.String(metadata={"description": "man or woman"})
    session_minutes = fields.Integer(metadata={"description": "length of an appointment"})
    price_minor_units = fields.Integer(
        metadata={"description": "price of an appointment, in the currency's minor units"}
    )
    currency = fields.String(metadata={"description": "ISO 4217"})
    time_zone = fields.String(metadata={"description": "IANA"})
    is_published = fields.Boolean(metadata={"description": "listed, so that clients find it"})
    settings = fields.Nested(
        BookingSettingsSchema, metadata={"description": "the rules of booking"}
    )


PractitionerPageSchema = page_schema(PractitionerSchema)


@dataclass(frozen=True, kw_only=True)
class PractitionersWanted:
    """A page, a filter and a locale."""

    page: PageWanted
    filter: PractitionerFilter
    locale: str | None


class PractitionersWantedSchema(PageWantedSchema):
    """Which practitioners a list is about."""

    topic = QueryNumber(load_default=None, metadata={"description": "number of the code list"})
    method = QueryNumber(load_default=None, metadata={"description": "number of the code list"})
    language = fields.String(
        load_default=None,
        validate=validate.OneOf(LANGUAGE_WORDS),
        metadata={"description": "only who speaks it, ISO 639-1"},
    )
    therapy_type = fields.String(
        load_default=None,
        validate=validate.OneOf(THERAPY_TYPE_WORDS),
        metadata={"description": "only who offers it: individual or couple"},
    )
    gender = fields.String(
        load_default=None,
        validate=validate.OneOf(GENDERS),
        metadata={"description": "only man or woman"},
    )
    locale = locale_field()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> Any:
        """Give page, filter and locale."""
        return PractitionersWanted(
            page=page_wanted(data),
            locale=data.pop("locale"),
            filter=PractitionerFilter(**data),
        )


def practitioner_json(
    view: PractitionerView, *, public_url: str, locale: str | None
) -> dict[str, object]:
    """Spell a record as PractitionerSchema describes it: for hot reads."""
    settings = view.settings
    return {
        "id": view.id,
        "name": in_locale(view.name, locale),
        "photo_url": f"{public_url}/api/v1/pictures/{view.id}",
        "information": in_locale(view.information, locale),
        "education": in_locale(view.education, locale),
        "therapy_types": list(view.therapy_types),
        "methods": list(view.methods),
        "topics": list(view.topics),
        "languages": list(view.languages),
        "gender": view.gender,
        "session_minutes": view.session_minutes,
        "price_minor_units": view.price_minor_units,
        "currency": view.currency,
        "time_zone": view.time_zone,
        "is_published": view.is_published,
        "settings": {
            "minimum_notice_minutes": settings.minimum_notice_minutes,
            "free_cancellation_minutes": settings.free_cancellation_minutes,
            "hard_limit_minutes": settings.hard_limit_minutes,
            "booking_window_days": settings.booking_window_days,
            "buffer_minutes": settings.buffer_minutes,
            "maximum_coming_per_client": settings.maximum_coming_per_client,
        },
    }
