"""What the API says against an hour, in words for people."""

from portal.forms import Form
from portal.gateway_client import ApiAnswer
from portal.languages import _


def refuse_hour(form: Form, answer: ApiAnswer) -> None:
    """Note why an hour cannot be had; every text says what to do next."""
    texts = {
        "slot_taken": _("Somebody else has just taken this hour. The nearest free one is chosen."),
        "hour_not_offered": _("This hour is not free any more. The nearest free one is chosen."),
        "client_busy": _("You have another appointment at that time. Choose another hour."),
        "too_many_coming": _("You have as many coming appointments as this therapist allows."),
        "has_another_therapist": _("You have another therapist now. Change the therapist first."),
        "too_late_to_move": _("It is too late to move this appointment. Write to your therapist."),
        "too_late_to_cancel": _(
            "It is too late to cancel this appointment. Write to your therapist."
        ),
        "already_at_this_hour": _("The appointment is at this hour already."),
        "appointment_already_cancelled": _("This appointment was cancelled before."),
        "appointment_already_moved": _("This appointment was moved before."),
        "appointment_already_started": _("This appointment has begun already."),
        "not_authorized": _("Only clients can book here."),
        "not_allowed": _("Only clients can book here."),
    }
    if answer.code in texts:
        form.refuse(texts[answer.code])
    elif answer.has_error_of("starts_at"):
        form.refuse_field("starts_at", _("Choose an hour first."))
    else:
        form.refuse_as(answer)
