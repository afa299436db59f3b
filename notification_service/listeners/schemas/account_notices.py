"""Data of `auth.account.notice`."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from notification_service.domain.mails import QueueNotice
from notification_service.domain.moments import LOCALES
from shared.events.reading import HeardSchema
from shared.http.fields import EmailAddress, Identifier, Instant, Text

KINDS = (
    "already_registered",
    "email_change_requested",
    "email_changed",
    "email_correction_requested",
    "invitation",
    "password_changed",
    "password_needed",
    "recovery_code_used",
    "second_factor_removed",
    "second_factor_set_up",
)
# Without its link such a mail would tell its reader to do what they cannot do.
NEED_A_TOKEN = ("email_correction_requested", "invitation", "password_needed")


class AccountNoticeSchema(HeardSchema[QueueNotice]):
    """What happened to an account and who must be told; perhaps with the sealed token of a link."""

    account_id = Identifier(load_default=None, allow_none=True)
    email = EmailAddress(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    locale = fields.String(required=True, validate=validate.OneOf(LOCALES))
    sealed = Text(load_default=None, allow_none=True, minimum=1, maximum=4000)
    expires_at = Instant(load_default=None, allow_none=True)

    @validates_schema
    def _has_its_token(self, data: dict[str, Any], **_: object) -> None:
        if data["kind"] in NEED_A_TOKEN and data["sealed"] is None:
            raise ValidationError("Missing data for required field.", "sealed")

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> QueueNotice:
        sealed = data["sealed"]
        return QueueNotice(
            event_id=self.envelope.id,
            happened_at=self.envelope.time,
            recipient_id=data["account_id"],
            address=data["email"],
            template=data["kind"],
            locale=data["locale"],
            sealed=sealed,
            sealed_for=None if sealed is None else f"{data['kind']}:{data['email']}",
            expires_at=data["expires_at"],
        )
