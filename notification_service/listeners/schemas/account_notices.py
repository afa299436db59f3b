"""Data of `auth.account.notice`."""

from marshmallow import fields, validate

from notification_service.domain.moments import LOCALES
from notification_service.listeners.schemas.reading import HeardSchema
from shared.http.fields import EmailAddress, Identifier, Instant, Text

KINDS = ("already_registered", "email_change_requested", "email_changed", "password_changed")


class AccountNoticeSchema(HeardSchema):
    """What happened to an account and who must be told; perhaps with a sealed undo code."""

    account_id = Identifier(load_default=None, allow_none=True)
    email = EmailAddress(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    locale = fields.String(required=True, validate=validate.OneOf(LOCALES))
    sealed = Text(load_default=None, allow_none=True, minimum=1, maximum=4000)
    expires_at = Instant(load_default=None, allow_none=True)
