"""Data of `auth.code.issued`."""

from marshmallow import fields, validate

from notification_service.domain.moments import LOCALES
from notification_service.listeners.schemas.reading import HeardSchema
from shared.http.fields import EmailAddress, Identifier, Instant, Text

PURPOSES = ("sign_up", "email_change", "password_reset")


class CodeSchema(HeardSchema):
    """A sealed code and where it goes."""

    account_id = Identifier(load_default=None, allow_none=True)
    email = EmailAddress(required=True)
    purpose = fields.String(required=True, validate=validate.OneOf(PURPOSES))
    sealed_code = Text(required=True, minimum=1, maximum=4000)
    expires_at = Instant(required=True)
    locale = fields.String(required=True, validate=validate.OneOf(LOCALES))
