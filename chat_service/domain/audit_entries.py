"""What chat_service records of staff and of security."""

from enum import StrEnum


class Act(StrEnum):
    """What is worth remembering."""

    MESSAGE_DELETED = "message_deleted"
