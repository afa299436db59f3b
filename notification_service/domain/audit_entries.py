"""What notification_service records of staff and of security."""

from enum import StrEnum


class Act(StrEnum):
    """What is worth remembering."""

    MAIL_RESENT = "mail_resent"
