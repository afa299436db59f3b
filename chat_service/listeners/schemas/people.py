"""Data of profile_service's events."""

from typing import Any

from marshmallow import fields, post_load, validate

from chat_service.domain.people import BeginMembership, HearProfile
from shared.events.reading import HeardSchema
from shared.http.fields import MAX_IDENTIFIER, Identifier, Instant, WholeNumber


class ProfileChangedSchema(HeardSchema[HearProfile]):
    """How a person wants to be spoken to."""

    account_id = Identifier(required=True)
    locale = fields.String(required=True, validate=validate.OneOf(("ru", "en", "ar")))
    country = fields.String(
        load_default=None, allow_none=True, validate=validate.Regexp(r"\A[A-Z]{2}\Z")
    )
    version = WholeNumber(required=True, maximum=MAX_IDENTIFIER)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> HearProfile:
        """Give the command."""
        return HearProfile(**data)


class MembershipStartedSchema(HeardSchema[BeginMembership]):
    """A person became a premium member."""

    account_id = Identifier(required=True)
    started_at = Instant(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> BeginMembership:
        """Give the command."""
        return BeginMembership(**data)
