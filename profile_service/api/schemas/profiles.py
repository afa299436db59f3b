"""Bodies of `/api/v1/profiles`."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from profile_service.domain.profiles import GENDERS, LOCALES, ChangeProfile
from shared.countries import countries
from shared.http.fields import Day, EmailAddress, Instant, Text, TimeZone

_GENDER = "F, M, X or null"
_LOCALE = "ru, en or ar"
_COUNTRY = "ISO 3166-1 alpha-2, for help lines; or null"
_TIME_ZONE = "IANA name, in which times are shown; null for the service's"


class ProgressSchema(Schema):
    """How far a person has come; may lag behind by moments."""

    completed_stages = fields.Integer(metadata={"description": "stages of the programme completed"})
    ratio = fields.Float(metadata={"description": "share of the programme, 0 to 1"})
    total_answers = fields.Integer(metadata={"description": "answered questions in all"})


class SeenProfileSchema(Schema):
    """A profile as somebody else sees it."""

    account_id = fields.Integer(metadata={"description": "whose profile"})
    email = EmailAddress(
        allow_none=True, metadata={"description": "null unless visible to the caller"}
    )
    first_name = fields.String(metadata={"description": "as auth_service has it"})
    last_name = fields.String(metadata={"description": "may be empty"})
    birth_date = Day(allow_none=True, metadata={"description": "null unless visible or not told"})
    gender = fields.String(allow_none=True, metadata={"description": _GENDER})
    specialty = fields.String(
        allow_none=True,
        metadata={"description": "what the person says they do; null when not told"},
    )


class ProfileSchema(SeenProfileSchema):
    """One's own profile."""

    locale = fields.String(metadata={"description": _LOCALE})
    country = fields.String(allow_none=True, metadata={"description": _COUNTRY})
    time_zone = fields.String(allow_none=True, metadata={"description": _TIME_ZONE})
    is_premium = fields.Boolean(metadata={"description": "a premium member"})
    premium_since = Instant(allow_none=True, metadata={"description": "UTC, or null"})
    progress = fields.Nested(
        ProgressSchema,
        metadata={"description": "how far the person has come in the guided programme"},
    )


def _is_country(code: str) -> None:
    if code not in countries():
        raise ValidationError("Not an ISO 3166-1 alpha-2 country code.")


class ChangeProfileSchema(Schema):
    """The fields to change; null clears one, what is left out stays."""

    birth_date = Day(allow_none=True, metadata={"description": "from 1900 to today"})
    gender = fields.String(
        allow_none=True, validate=validate.OneOf(GENDERS), metadata={"description": _GENDER}
    )
    specialty = Text(
        maximum=128,
        may_be_blank=True,
        allow_none=True,
        metadata={"description": "at most 128 characters, kept as sent"},
    )
    locale = fields.String(
        allow_none=True,
        validate=validate.OneOf(LOCALES),
        metadata={"description": f"{_LOCALE}; null for that of the sign-up"},
    )
    country = fields.String(
        allow_none=True, validate=_is_country, metadata={"description": _COUNTRY}
    )
    time_zone = TimeZone(allow_none=True, metadata={"description": _TIME_ZONE})

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> ChangeProfile:
        return ChangeProfile(changes=data)
