"""Data of profile_service's events."""

from marshmallow import fields, validate

from chat_service.domain.people import BeginMembership, HearProfile
from shared.events.reading import HeardSchema
from shared.http.fields import MAX_IDENTIFIER, Identifier, Instant, WholeNumber


class ProfileChangedSchema(HeardSchema[HearProfile]):
    """How a person wants to be spoken to."""

    makes = HearProfile

    account_id = Identifier(required=True)
    locale = fields.String(required=True, validate=validate.OneOf(("ru", "en", "ar")))
    country = fields.String(
        load_default=None, allow_none=True, validate=validate.Regexp(r"\A[A-Z]{2}\Z")
    )
    version = WholeNumber(required=True, maximum=MAX_IDENTIFIER)


class MembershipStartedSchema(HeardSchema[BeginMembership]):
    """A person became a premium member."""

    makes = BeginMembership

    account_id = Identifier(required=True)
    started_at = Instant(required=True)
