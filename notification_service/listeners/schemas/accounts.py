"""Data of `auth.account.registered` and `auth.account.changed`."""

from typing import Any

from marshmallow import fields, post_load, validate

from notification_service.domain.moments import LOCALES
from notification_service.domain.recipients import RememberAccount
from shared.events.reading import HeardSchema
from shared.http.fields import EmailAddress, Identifier, Text, Truth, WholeNumber


class AccountSchema(HeardSchema[RememberAccount]):
    """An account's whole present state, as far as mails need it."""

    account_id = Identifier(required=True)
    version = WholeNumber(required=True, maximum=2**53)
    email = EmailAddress(required=True)
    first_name = Text(required=True, maximum=150, may_be_blank=True)
    is_verified = Truth(required=True)
    locale = fields.String(required=True, validate=validate.OneOf(LOCALES))
    time_zone = fields.String(load_default=None, allow_none=True, validate=validate.Length(0, 64))

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> RememberAccount:
        return RememberAccount(happened_at=self.envelope.time, **data)
