"""Data of `auth.account.registered` and `auth.account.changed`."""

from marshmallow import fields, validate

from profile_service.domain.places import LOCALES
from profile_service.listeners.schemas.reading import HeardSchema
from shared.http.authentication import ROLES
from shared.http.fields import EmailAddress, Identifier, Text, WholeNumber


class AccountSchema(HeardSchema):
    """An account's whole present state, as far as profiles need it."""

    account_id = Identifier(required=True)
    version = WholeNumber(required=True, maximum=2**53)
    email = EmailAddress(required=True)
    first_name = Text(required=True, maximum=150, may_be_blank=True)
    last_name = Text(required=True, maximum=150, may_be_blank=True)
    role = fields.String(required=True, validate=validate.OneOf(sorted(ROLES)))
    locale = fields.String(required=True, validate=validate.OneOf(LOCALES))
    country = fields.String(load_default=None, allow_none=True, validate=validate.Length(2, 2))
    time_zone = fields.String(load_default=None, allow_none=True, validate=validate.Length(0, 64))
