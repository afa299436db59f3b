"""Bodies of `/api/v1/matching-preferences`."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from booking_service.api.schemas.practitioners import (
    LANGUAGE_WORDS,
    THERAPY_TYPE_WORDS,
    topic_numbers,
)
from booking_service.domain.code_lists import (
    PREFERRED_GENDERS,
    PRICE_BANDS,
    TIME_PREFERENCES,
)
from booking_service.domain.matching_preferences import WritePreferences
from shared.http.fields import Truth, WholeNumber
from shared.schemas import CommandSchema

YOUNGEST, OLDEST = 16, 120


class MatchingPreferencesSchema(CommandSchema):
    """What a client looks for; written and answered as a whole."""

    makes = WritePreferences

    age = WholeNumber(
        minimum=YOUNGEST,
        maximum=OLDEST,
        required=True,
        metadata={"description": "the client's, in years"},
    )
    has_experience = Truth(required=True, metadata={"description": "had therapy before"})
    therapy_type = fields.String(
        required=True,
        validate=validate.OneOf(THERAPY_TYPE_WORDS),
        metadata={"description": "individual or couple"},
    )
    topics = topic_numbers(load_default=list)
    preferred_gender = fields.String(
        required=True,
        validate=validate.OneOf([each.word for each in PREFERRED_GENDERS]),
        metadata={"description": "of the therapist: man, woman or any"},
    )
    time_preference = fields.String(
        required=True,
        validate=validate.OneOf([each.word for each in TIME_PREFERENCES]),
        metadata={"description": "any, nearest, or specific with preferred_hour"},
    )
    preferred_hour = WholeNumber(
        maximum=23,
        load_default=None,
        allow_none=True,
        metadata={"description": "0 to 23 in the client's zone; exactly with `specific`"},
    )
    price_band = WholeNumber(
        maximum=PRICE_BANDS[-1].id,
        required=True,
        metadata={"description": "number of the price bands' code list"},
    )
    language = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(LANGUAGE_WORDS),
        metadata={"description": "a language the therapist must speak; null asks for none"},
    )

    @validates_schema
    def check_hour(self, data: dict[str, Any], **_: object) -> None:
        """Want an hour exactly where a specific one is asked for."""
        is_specific = data.get("time_preference") == "specific"
        has_hour = data.get("preferred_hour") is not None
        if is_specific and not has_hour:
            raise ValidationError("Required with `specific`.", "preferred_hour")
        if has_hour and not is_specific:
            raise ValidationError("Only with `specific`.", "preferred_hour")
