"""The answer of `/api/v1/code-lists`."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from marshmallow import Schema, fields

from booking_service.domain.code_lists import (
    CHANGE_REASONS,
    FURTHER_EDUCATION,
    GENDERS,
    LANGUAGES,
    METHODS,
    PREFERRED_GENDERS,
    PRICE_BANDS,
    THERAPY_TYPES,
    TIME_PREFERENCES,
    TOPIC_GROUP_NAMES,
    TOPICS,
    CodedName,
    CodedWord,
    LocalizedName,
)
from booking_service.domain.place_names import country_names, zone_names

Spelled = dict[str, object]


class NamesSchema(Schema):
    """A name in the three languages."""

    ru = fields.String(metadata={"description": "Russian"})
    en = fields.String(metadata={"description": "English"})
    ar = fields.String(metadata={"description": "Arabic"})


class NumberedEntrySchema(Schema):
    """An entry the API names by its number."""

    id = fields.Integer(metadata={"description": "the number that is sent and answered"})
    names = fields.Nested(NamesSchema, metadata={"description": "what to show"})


class TopicEntrySchema(NumberedEntrySchema):
    """A topic."""

    group = fields.String(metadata={"description": "a code of `topic_groups`"})


class CodedEntrySchema(Schema):
    """An entry the API names by a word."""

    code = fields.String(metadata={"description": "the word that is sent and answered"})
    names = fields.Nested(NamesSchema, metadata={"description": "what to show"})


class PriceBandEntrySchema(NumberedEntrySchema):
    """A price wish."""

    upper_bound_minor_units = fields.Integer(
        allow_none=True, metadata={"description": "the highest price; null: any"}
    )
    currency = fields.String(metadata={"description": "ISO 4217"})


def _list(schema: type[Schema], description: str) -> fields.List[object]:
    return fields.List(fields.Nested(schema), metadata={"description": description})


class CodeListsSchema(Schema):
    """Every code list, by name; each in the order to show it in."""

    topics = _list(TopicEntrySchema, "what a client wants to talk about, a therapist works with")
    topic_groups = _list(CodedEntrySchema, "the parts of life topics belong to")
    methods = _list(NumberedEntrySchema, "schools of therapy")
    further_education = _list(NumberedEntrySchema, "what therapists have learned besides")
    languages = _list(CodedEntrySchema, "languages therapists work in, ISO 639-1")
    therapy_types = _list(CodedEntrySchema, "alone or as a couple")
    preferred_genders = _list(CodedEntrySchema, "a client's wish for the therapist's gender")
    time_preferences = _list(CodedEntrySchema, "a client's wish for the hour")
    price_bands = _list(PriceBandEntrySchema, "a client's wish for the price of an appointment")
    change_reasons = _list(NumberedEntrySchema, "why a client leaves a therapist")
    genders = _list(CodedEntrySchema, "of a person's profile")
    countries = _list(CodedEntrySchema, "ISO 3166-1 alpha-2, by their English names")
    time_zones = _list(CodedEntrySchema, "IANA names, with the city that gave the name")


def code_lists_json() -> Spelled:
    """Spell every list as CodeListsSchema describes it."""
    return {
        "topics": [
            {"id": each.id, "group": each.group.value, "names": asdict(each.name)}
            for each in TOPICS
        ],
        "topic_groups": _coded({key.value: name for key, name in TOPIC_GROUP_NAMES.items()}),
        "methods": _numbered(METHODS),
        "further_education": _numbered(FURTHER_EDUCATION),
        "languages": _words(LANGUAGES),
        "therapy_types": _words(THERAPY_TYPES),
        "preferred_genders": _words(PREFERRED_GENDERS),
        "time_preferences": _words(TIME_PREFERENCES),
        "price_bands": [
            {
                "id": each.id,
                "upper_bound_minor_units": each.upper_bound_minor_units,
                "currency": each.currency,
                "names": asdict(each.name),
            }
            for each in PRICE_BANDS
        ],
        "change_reasons": _numbered(CHANGE_REASONS),
        "genders": _words(GENDERS),
        "countries": _coded(country_names()),
        "time_zones": _coded(zone_names()),
    }


def _numbered(entries: Iterable[CodedName]) -> list[Spelled]:
    return [{"id": each.id, "names": asdict(each.name)} for each in entries]


def _words(entries: Iterable[CodedWord]) -> list[Spelled]:
    return _coded({each.word: each.name for each in entries})


def _coded(names: Mapping[str, LocalizedName]) -> list[Spelled]:
    return [{"code": code, "names": asdict(name)} for code, name in names.items()]
