"""Everything booking_service refuses, each a subclass of a shared error."""

from typing import ClassVar

from shared.errors import Conflict, InvalidRequest, NotFound, TooManyRequests
from shared.problems import Members


class AccountNotFound(NotFound):
    """Nobody has an account under that id."""

    message = "There is no such account."


class PractitionerNotFound(NotFound):
    """No therapist under that id, or one the caller may not see."""

    message = "There is no such therapist."


class AppointmentNotFound(NotFound):
    """No appointment under that id, or somebody else's."""

    message = "There is no such appointment."


class HoldNotFound(NotFound):
    """No hold under that id, somebody else's, or one that ended."""

    message = "There is no such hold."


class PaymentMethodNotFound(NotFound):
    """No card is on file."""

    message = "No card is on file."


class AccountIsNotTherapist(Conflict):
    """The account exists and has another role, or is locked."""

    message = "This account is not a therapist's, or is locked."


class AccountIsNotClient(Conflict):
    """The account exists and has another role, or is locked."""

    message = "This account is not a client's, or is locked."


class HourNotOffered(Conflict):
    """The hour is outside the schedule, too soon, too far away or past; `reason` says which."""

    message = "This hour is not offered."
    members: ClassVar[Members] = {
        "reason": {
            "type": "string",
            "enum": ["past", "too_soon", "beyond_window", "not_in_schedule"],
            "description": "why not",
        }
    }
    remedy = "Read the free hours again, and choose one of them."


class SlotTaken(Conflict):
    """Another appointment or hold has the hour, or a part of it."""

    message = "This hour is taken."
    remedy = "Read the free hours again, and choose another."


class HourAlreadyYours(Conflict):
    """The client has this hour already; `appointment_id` names the appointment."""

    message = "This hour is yours already."
    members: ClassVar[Members] = {
        "appointment_id": {"type": "integer", "description": "the appointment at this hour"}
    }
    remedy = "Show the appointment that `appointment_id` names."


class TooManyChanges(TooManyRequests):
    """The client has booked and moved as often as anybody may within a day."""

    message = "You have booked and moved too often within a day."


class ClientBusy(Conflict):
    """The client has another appointment at that time."""

    message = "There is another appointment at that time."


class TooManyComing(Conflict):
    """The client has as many coming appointments with this therapist as the record allows."""

    message = "There are as many coming appointments with this therapist as are allowed."
    members: ClassVar[Members] = {
        "maximum": {"type": "integer", "description": "how many may be coming at a time"}
    }


class TooManyHolds(Conflict):
    """The client holds as many hours as anybody may."""

    message = "You hold as many hours as are allowed."
    members: ClassVar[Members] = {
        "maximum": {"type": "integer", "description": "how many may be held at a time"}
    }
    remedy = "Give one back, or wait until one ends."


class HasAnotherTherapist(Conflict):
    """The client has coming appointments with another therapist."""

    message = "You already have a therapist."


class NotYourTherapist(Conflict):
    """The therapist named is not the client's present one."""

    message = "This is not your therapist."


class NoTherapistChosen(Conflict):
    """The client has no therapist at present."""

    message = "No therapist is chosen."


class CareRelationChanged(Conflict):
    """The client's therapist changed while this request was under way."""

    message = "Your therapist changed at the same moment; please look again."


class NoAppointmentToMove(Conflict):
    """Nothing is coming that could be moved."""

    message = "There is no appointment to move."


class TooLateToMove(Conflict):
    """The therapist's hard limit has passed; only staff may move it now."""

    message = "It is too late to move this appointment."


class TooLateToCancel(Conflict):
    """The therapist's hard limit has passed; only staff may cancel it now."""

    message = "It is too late to cancel this appointment."


class AlreadyAtThisHour(Conflict):
    """The appointment stands at the hour it should be moved to."""

    message = "The appointment already is at this hour."


class AppointmentAlreadyCancelled(Conflict):
    """The appointment was cancelled before."""

    message = "The appointment was cancelled."


class AppointmentAlreadyMoved(Conflict):
    """Another appointment has taken its place; `rescheduled_to` names it."""

    message = "The appointment was moved."
    members: ClassVar[Members] = {
        "rescheduled_to": {
            "type": "integer",
            "description": "the appointment that took its place",
        }
    }
    remedy = "Go on with the appointment that `rescheduled_to` names."


class AppointmentAlreadyStarted(Conflict):
    """The appointment's hour has come; it can be neither moved nor cancelled."""

    message = "The appointment has already started."


class StateChangeNotAllowed(Conflict):
    """An appointment in this state cannot come into the one asked for."""

    message = "The appointment's state does not allow this."


class RescheduleTokenInvalid(InvalidRequest):
    """The token is unknown, used, expired, or stands for another client or appointment."""

    message = "This reschedule token cannot be used."
    remedy = "Fetch a new token for this appointment."


class CardDeclined(Conflict):
    """The payment provider refuses the card."""

    message = "The card was declined."


class CardsNotTaken(Conflict):
    """This installation takes no cards."""

    message = "Cards are not taken here."


class PreferencesNotFound(NotFound):
    """The client never told what they look for."""

    message = "No preferences were told yet."
