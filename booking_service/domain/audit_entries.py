"""What booking_service records of staff and of security."""

from enum import StrEnum


class Act(StrEnum):
    """What is worth remembering."""

    PRACTITIONER_WRITTEN = "practitioner_written"
    PRACTITIONER_PUBLISHED = "practitioner_published"
    PRACTITIONER_WITHDRAWN = "practitioner_withdrawn"
    SCHEDULE_READ = "schedule_read"
    SCHEDULE_REPLACED = "schedule_replaced"
    CALENDAR_READ = "calendar_read"
    APPOINTMENT_BOOKED = "appointment_booked"
    APPOINTMENT_CANCELLED = "appointment_cancelled"
    APPOINTMENT_MOVED = "appointment_moved"
    APPOINTMENT_READ = "appointment_read"
    APPOINTMENT_HISTORY_READ = "appointment_history_read"
    APPOINTMENTS_LISTED = "appointments_listed"
    RESCHEDULE_TOKEN_ISSUED = "reschedule_token_issued"  # noqa: S105 - an act, not a secret
    ATTENDANCE_NOTED = "attendance_noted"
    CARE_RELATIONS_LISTED = "care_relations_listed"
    THERAPIST_LEFT = "therapist_left"
    CARD_STORED = "card_stored"
    CARD_REMOVED = "card_removed"
