"""Data of `profile.profile.changed`."""

from marshmallow import fields, validate

from notification_service.domain.moments import LOCALES
from notification_service.domain.recipients import RememberProfile
from shared.events.reading import HeardSchema
from shared.http.fields import Identifier, WholeNumber


class ProfileSchema(HeardSchema[RememberProfile]):
    """How a person wants to be spoken to."""

    makes = RememberProfile

    account_id = Identifier(required=True)
    version = WholeNumber(required=True, maximum=2**53)
    locale = fields.String(required=True, validate=validate.OneOf(LOCALES))
    time_zone = fields.String(load_default=None, allow_none=True, validate=validate.Length(0, 64))
