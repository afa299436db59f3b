"""What client and therapist are told about their appointment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from notification_service.domain.parameters import Parameters
from notification_service.domain.tellings import Telling, tell
from shared.clock import instant_text

SETTING = "appointments_notification"


@dataclass(frozen=True, kw_only=True)
class TellOfAppointment:
    """An appointment was `booked`, `moved` or `cancelled`. `practitioner_name` is a text or a text
    per locale, `practitioner_time_zone` the zone of their schedule; `calendar_uid` is shared by the
    appointments that replace one another. `changed_by` is client, practitioner, staff or system;
    `reason_code` says why where that may be shown.
    """

    event_id: str
    happened_at: datetime
    change: str
    appointment_id: int
    client_id: int
    practitioner_id: int
    practitioner_name: str | Mapping[str, str]
    practitioner_time_zone: str | None
    starts_at: datetime
    ends_at: datetime
    previous_starts_at: datetime | None
    calendar_uid: str
    sequence: int
    changed_by: str | None
    reason_code: str | None


def tell_of_appointment(session: Session, command: TellOfAppointment) -> None:
    """Tell client and therapist; the same setting of each governs notification and mail.

    A mail about an appointment replaces the ones about what it was before. About an hour that has
    begun nothing is mailed but that it was cancelled.
    """
    is_over = command.change == "cancelled"
    tell(
        session,
        *(
            Telling(
                recipient_id=account_id,
                event_id=command.event_id,
                happened_at=command.happened_at,
                kind=f"appointment_{command.change}_for_{audience}",
                mail=f"appointment_{command.change}",
                governed_by=SETTING,
                parameters=_parameters(command, is_therapist=audience == "therapist"),
                topic=f"appointment/{command.calendar_uid}",
                topic_sequence=command.sequence,
                mail_expires_at=None if is_over else command.starts_at,
            )
            for account_id, audience in (
                (command.client_id, "client"),
                (command.practitioner_id, "therapist"),
            )
        ),
    )


def _parameters(command: TellOfAppointment, *, is_therapist: bool) -> Parameters:
    parameters: dict[str, str | bool | int | Mapping[str, str]] = {
        "is_therapist": is_therapist,
        "practitioner_name": command.practitioner_name,
        "starts_at": instant_text(command.starts_at),
        "calendar_starts_at": instant_text(command.starts_at),
        "calendar_ends_at": instant_text(command.ends_at),
        "calendar_uid": command.calendar_uid,
        "calendar_sequence": command.sequence,
    }
    if command.previous_starts_at is not None:
        parameters["previous_starts_at"] = instant_text(command.previous_starts_at)
    if is_therapist and command.practitioner_time_zone:
        parameters["time_zone"] = command.practitioner_time_zone
    if command.change == "cancelled":
        parameters |= {
            name: word
            for name in ("changed_by", "reason_code")
            if (word := getattr(command, name)) is not None
        }
    return parameters
