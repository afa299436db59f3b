"""Bodies of `/api/v1/notification-settings`."""

from marshmallow import Schema, fields

from notification_service.domain.notification_settings import ChangeSettings
from shared.http.fields import Truth
from shared.schemas import CommandSchema

_ABOUT = {
    "email_notification": "a mail copy of everything no other setting governs; at first false",
    "appointments_notification": "notice and mail about appointments; at first true",
    "results_notification": "notice and mail about guided sessions; at first true",
    "marketing_email": "news about the service; at first false",
}


class NotificationSettingsSchema(Schema):
    """What somebody wants to be told."""

    email_notification = fields.Boolean(metadata={"description": _ABOUT["email_notification"]})
    appointments_notification = fields.Boolean(
        metadata={"description": _ABOUT["appointments_notification"]}
    )
    results_notification = fields.Boolean(metadata={"description": _ABOUT["results_notification"]})
    marketing_email = fields.Boolean(metadata={"description": _ABOUT["marketing_email"]})


class ChangeSettingsSchema(CommandSchema):
    """The settings to change; what is left out stays."""

    makes = ChangeSettings

    email_notification = Truth(metadata={"description": _ABOUT["email_notification"]})
    appointments_notification = Truth(metadata={"description": _ABOUT["appointments_notification"]})
    results_notification = Truth(metadata={"description": _ABOUT["results_notification"]})
    marketing_email = Truth(metadata={"description": _ABOUT["marketing_email"]})
