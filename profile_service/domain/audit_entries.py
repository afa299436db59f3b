"""What profile_service records of staff and of security."""

from enum import StrEnum


class Act(StrEnum):
    """What is worth remembering."""

    MEMBERSHIP_STARTED = "membership_started"
    PROFILE_READ = "profile_read"
    PICTURE_READ = "picture_read"
