"""When a therapist works: the hours of every week, typed, and times away."""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from flask import Blueprint
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from portal.code_lists import options
from portal.forms import Form, posted_form
from portal.gateway_client import ApiAnswer
from portal.languages import _, language
from portal.readers import reader
from portal.rendering import led_to, rendered
from portal.state import state
from portal.typed_hours import UnreadableHours, read_hours, write_hours
from portal.visitors import LoggedOut, ask_as_oneself
from shared.errors import Unavailable

blueprint = Blueprint("schedules", __name__)
SAVED = "hours-saved"
_DAYS = range(7)
_NOTHING: dict[str, Any] = {"weekly_hours": [], "overrides": [], "absences": []}


@blueprint.get("/hours")
def hours_page() -> Response:
    """Show the hours of every week and the times away."""
    return _page(Form())


@blueprint.post("/hours")
def write_week() -> Response:
    """Keep the hours of every week; what somebody else changed meanwhile is not overwritten."""
    form = posted_form()
    weekly = _weekly(form)
    if form.is_refused:
        return _page(form)
    answer = _read()
    schedule = _schedule(answer)
    body = {**schedule, "time_zone": form.value("time_zone"), "weekly_hours": weekly}
    return _written(form, body, form.value("version"))


@blueprint.post("/hours/away")
def add_absence() -> Response:
    """Note a time away."""
    form = posted_form()
    form.require(away_from=_("Say from when."), away_until=_("Say until when."))
    answer = _read()
    schedule = _schedule(answer)
    zone = schedule.get("time_zone") or reader().zone
    absence = {
        "starts_at": _instant(form, "away_from", zone),
        "ends_at": _instant(form, "away_until", zone),
        "reason": form.value("reason").strip() or None,
    }
    if form.is_refused:
        return _page(form)
    body = {
        **schedule,
        "time_zone": zone,
        "absences": [*schedule["absences"], absence],
    }
    return _written(form, body, answer.etag)


@blueprint.post("/hours/back")
def remove_absence() -> Response:
    """Take a time away off again."""
    form = posted_form()
    answer = _read()
    schedule = _schedule(answer)
    kept = [each for each in schedule["absences"] if each["starts_at"] != form.value("starts_at")]
    if form.is_refused:
        return _page(form)
    return _written(form, {**schedule, "absences": kept}, answer.etag)


def _own_id() -> int:
    login = state().login
    if login is None:
        raise LoggedOut
    if login.role != "therapist":
        raise NotFound
    return login.account_id


def _read() -> ApiAnswer:
    answer = ask_as_oneself("GET", f"/api/v1/practitioners/{_own_id()}/schedule")
    if not answer.is_success and answer.status != HTTPStatus.NOT_FOUND:
        raise Unavailable
    return answer


def _schedule(answer: ApiAnswer) -> dict[str, Any]:
    return dict(answer.json) if answer.is_success else dict(_NOTHING)


def _weekly(form: Form) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for weekday in _DAYS:
        name = f"day-{weekday}"
        try:
            hours = read_hours(form.value(name))
        except UnreadableHours:
            form.refuse_field(name, _("Write hours like 9–12, 13–17."))
            continue
        found += [{"weekday": weekday, "starts": starts, "ends": ends} for starts, ends in hours]
    return found


def _instant(form: Form, name: str, zone: str) -> str:
    try:
        at = datetime.fromisoformat(form.value(name))
    except ValueError:
        if name not in form.errors:
            form.refuse_field(name, _("Write a date and a time."))
        return ""
    return at.replace(tzinfo=ZoneInfo(zone)).isoformat()


def _written(form: Form, body: dict[str, Any], version: str) -> Response:
    answer = ask_as_oneself(
        "PUT",
        f"/api/v1/practitioners/{_own_id()}/schedule",
        body,
        headers={"If-Match": version} if version else None,
    )
    if answer.is_success:
        state().done = SAVED
        return led_to("schedules.hours_page")
    if answer.status in (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED):
        form.refuse(
            _("Somebody has changed the hours meanwhile. Look at them and send yours again.")
        )
    elif answer.has_error_of("weekly_hours") or answer.code == "invalid_schedule":
        form.refuse(_("These hours overlap, end before they begin, or are off the ten minutes."))
    elif answer.has_error_of("absences"):
        form.refuse_field("away_until", _("A time away ends after it begins."))
    elif answer.status == HTTPStatus.NOT_FOUND:
        form.refuse(_("Your public page is not there yet. Ask the service to open it."))
    else:
        form.refuse_as(answer)
    return _page(form)


def _page(form: Form) -> Response:
    answer = _read()
    schedule = _schedule(answer)
    names = get_day_names("wide", locale=language())
    said = state().take_done()
    days = []
    for weekday in _DAYS:
        hours = [
            (each["starts"], each["ends"])
            for each in schedule["weekly_hours"]
            if each["weekday"] == weekday
        ]
        typed = form.values.get(f"day-{weekday}")
        days.append(
            {
                "field": f"day-{weekday}",
                "name": names[weekday][:1].upper() + names[weekday][1:],
                "value": write_hours(hours) if typed is None else typed,
            }
        )
    zone = schedule.get("time_zone") or reader().zone
    return rendered(
        "schedules/hours.html",
        form,
        days=days,
        zones=options("time_zones"),
        zone=zone,
        absences=schedule["absences"],
        version=answer.etag,
        has_saved=said == SAVED,
    )
