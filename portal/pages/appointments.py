"""One's appointments: what is coming, what was, moving and cancelling."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from portal.forms import Form, posted_form
from portal.languages import _
from portal.readers import reader
from portal.refusals import refuse_hour
from portal.rendering import led_to, rendered
from portal.slots import days_with_hours, free_hours, nearest_to
from portal.state import role, state
from portal.visitors import ask_as_oneself, ask_once, read

blueprint = Blueprint("appointments", __name__)
MOST_SHOWN = 50
MOST_PAST = 20
_STANDING = frozenset({"proposed", "pending", "booked"})


@blueprint.get("/calendar")
def appointments_page() -> Response:
    """Show what is coming and what was."""
    zone = reader().zone
    return rendered(
        "appointments/appointments.html",
        Form(),
        zone=zone,
        coming=read(f"/api/v1/appointments?when=coming&limit={MOST_SHOWN}")["items"],
        past=read(f"/api/v1/appointments?when=past&limit={MOST_PAST}")["items"],
        states=state_names(),
        role=role(),
    )


@blueprint.get("/calendar/<int:appointment_id>")
def appointment_page(appointment_id: int) -> Response:
    """Show an appointment with everything that was done to it."""
    return _appointment(Form(), appointment_id)


@blueprint.get("/calendar/<int:appointment_id>/move")
def move_form(appointment_id: int) -> Response:
    """Offer the hours it can be moved to."""
    return _moving(Form(), appointment_id)


@blueprint.post("/calendar/<int:appointment_id>/move")
def move(appointment_id: int) -> Response:
    """Move it; the old hour is free only when the new one is won."""
    form = posted_form()
    form.require(starts_at=_("Choose an hour first."))
    if form.is_refused:
        return _moving(form, appointment_id)
    answer = ask_once(
        "POST",
        f"/api/v1/appointments/{appointment_id}/reschedule",
        {"starts_at": form.value("starts_at")},
        key=form.value("once"),
    )
    if answer.is_success:
        state().done = "moved"
        return _to(answer.json["id"])
    if answer.status == HTTPStatus.NOT_FOUND:
        read(f"/api/v1/appointments/{appointment_id}")
    refuse_hour(form, answer)
    return _moving(form, appointment_id)


@blueprint.post("/calendar/<int:appointment_id>/cancel")
def cancel(appointment_id: int) -> Response:
    """Cancel it."""
    form = posted_form()
    if form.is_refused:
        return _appointment(form, appointment_id)
    reason = form.value("reason").strip()
    answer = ask_as_oneself(
        "POST",
        f"/api/v1/appointments/{appointment_id}/cancellation",
        {"reason": reason} if reason else {},
    )
    if answer.is_success:
        state().done = "cancelled"
        return _to(appointment_id)
    refuse_hour(form, answer)
    return _appointment(form, appointment_id)


@blueprint.post("/calendar/<int:appointment_id>/attendance")
def note_attendance(appointment_id: int) -> Response:
    """Note whether the client came; the therapist's page."""
    form = posted_form()
    if not form.is_refused:
        answer = ask_as_oneself(
            "PUT",
            f"/api/v1/appointments/{appointment_id}/attendance",
            {"state": form.value("state")},
        )
        if answer.is_success:
            state().done = "noted"
            return _to(appointment_id)
        form.refuse(_("This cannot be noted now: the appointment has not begun, or is over."))
    return _appointment(form, appointment_id)


def state_names() -> dict[str, str]:
    """Give the words for the states of an appointment."""
    return {
        "proposed": _("proposed"),
        "pending": _("waiting"),
        "booked": _("booked"),
        "arrived": _("begun"),
        "fulfilled": _("took place"),
        "cancelled": _("cancelled"),
        "noshow": _("missed"),
    }


def _actions() -> dict[str, str]:
    return {"booked": _("Booked"), "moved": _("Moved"), "cancelled": _("Cancelled")}


def _by() -> dict[str, str]:
    return {
        "client": _("by the client"),
        "practitioner": _("by the therapist"),
        "staff": _("by the service"),
    }


def _appointment(form: Form, appointment_id: int) -> Response:
    found = read(f"/api/v1/appointments/{appointment_id}")
    history = read(f"/api/v1/appointments/{appointment_id}/history")["items"]
    said = state().take_done()
    return rendered(
        "appointments/appointment.html",
        form,
        appointment=found,
        history=[_entry(each) for each in history],
        zone=reader().zone,
        said=_said(said),
        states=state_names(),
        can_change=found["state"] in _STANDING and found["rescheduled_to"] is None,
        role=role(),
    )


def _said(word: str) -> str:
    return {
        "booked": _("Booked. A mail says the same, with an entry for your calendar."),
        "moved": _("Moved. A mail says the same."),
        "cancelled": _("Cancelled. The hour is free again."),
        "noted": _("Noted."),
    }.get(word, "")


def _entry(change: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": change["changed_at"],
        "what": _actions().get(change["action"]) or state_names()[change["to_state"]],
        "by": _by().get(change["changed_by"], ""),
        "reason": change["reason"],
        "is_late": change["is_late"],
    }


def _moving(form: Form, appointment_id: int) -> Response:
    found = read(f"/api/v1/appointments/{appointment_id}")
    zone = reader().zone
    hours = free_hours(found["practitioner_id"])
    return rendered(
        "appointments/move.html",
        form,
        appointment=found,
        zone=zone,
        days=days_with_hours(hours, zone),
        chosen=nearest_to(form.value("starts_at"), hours),
    )


def _to(appointment_id: int) -> Response:
    return led_to("appointments.appointment_page", appointment_id=appointment_id)
