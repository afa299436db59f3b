"""Data of `auth.code.issued`."""

from typing import Any

from marshmallow import fields, post_load, validate

from notification_service.domain.mails import QueueCodeMail
from notification_service.domain.moments import LOCALES
from shared.events.reading import HeardSchema
from shared.http.fields import EmailAddress, Identifier, Instant, Text

TEMPLATE_OF = {
    "sign_up": "verification_code",
    "email_change": "email_change_code",
    "password_reset": "password_reset_code",
}


class CodeSchema(HeardSchema[QueueCodeMail]):
    """A sealed code and where it goes; auth_service's former release sends no token for a link."""

    account_id = Identifier(load_default=None, allow_none=True)
    email = EmailAddress(required=True)
    purpose = fields.String(required=True, validate=validate.OneOf(tuple(TEMPLATE_OF)))
    sealed_code = Text(required=True, minimum=1, maximum=4000)
    sealed_token = Text(load_default=None, allow_none=True, minimum=1, maximum=4000)
    expires_at = Instant(required=True)
    locale = fields.String(required=True, validate=validate.OneOf(LOCALES))

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> QueueCodeMail:
        return QueueCodeMail(
            event_id=self.envelope.id,
            happened_at=self.envelope.time,
            recipient_id=data["account_id"],
            address=data["email"],
            template=TEMPLATE_OF[data["purpose"]],
            locale=data["locale"],
            sealed=data["sealed_code"],
            sealed_for=f"{data['purpose']}:{data['email']}",
            sealed_token=data["sealed_token"],
            sealed_token_for=f"{data['purpose']}_link:{data['email']}",
            expires_at=data["expires_at"],
        )
