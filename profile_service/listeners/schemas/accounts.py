"""Data of `auth.account.registered` and `auth.account.changed`."""

from marshmallow import fields, validate

from profile_service.domain.accounts import Account
from profile_service.domain.profiles import LOCALES
from shared.access_tokens import ROLES
from shared.events.reading import HeardSchema
from shared.http.fields import EmailAddress, Identifier, Text, Truth, WholeNumber


class AccountSchema(HeardSchema[Account]):
    """An account's whole present state, as far as profiles need it."""

    makes = Account

    account_id = Identifier(required=True)
    version = WholeNumber(required=True, maximum=2**53)
    email = EmailAddress(required=True)
    first_name = Text(required=True, maximum=150, may_be_blank=True)
    last_name = Text(required=True, maximum=150, may_be_blank=True)
    role = fields.String(required=True, validate=validate.OneOf(sorted(ROLES)))
    locale = fields.String(required=True, validate=validate.OneOf(LOCALES))
    is_verified = Truth(load_default=False)
    country = fields.String(load_default=None, allow_none=True, validate=validate.Length(2, 2))
    time_zone = fields.String(load_default=None, allow_none=True, validate=validate.Length(0, 64))
