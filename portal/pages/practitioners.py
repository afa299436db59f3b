"""Finding a therapist: wishes, who fits them, somebody's page with the free hours, and booking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint
from werkzeug.wrappers import Response

from portal.code_lists import names, options, topics_by_group
from portal.formats import day, hour, money
from portal.forms import Form, posted_form
from portal.languages import _, language
from portal.readers import UTC, reader
from portal.refusals import refuse_hour
from portal.rendering import led_to, rendered
from portal.slots import days_with_hours, free_hours, nearest_to
from portal.state import role, state
from portal.visitors import LoggedOut, ask_as_oneself, ask_once, read, read_open

blueprint = Blueprint("practitioners", __name__)
MOST_SHOWN = 12
MOST_WORD = 20
HOURS_ON_A_CARD = 3
DAYS_OF_MATCHES = 28
_WISHES = "/api/v1/matching-preferences/me"
# What somebody who is not logged in may wish for; the API's words.
_OPEN_WISHES = ("therapy_type", "language", "gender", "topic")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Somebody on the list: the record, the first free hours, what is met and what is not."""

    record: dict[str, Any]
    hours: list[str]
    meets: list[str]
    relaxed: list[str]


@blueprint.get("/find")
def find_page() -> Response:
    """Show who fits the wishes."""
    return _client_page(Form()) if _is_client() else _open_page(Form())


@blueprint.post("/find")
def wish() -> Response:
    """Keep the wishes; they stand in no URL."""
    form = posted_form()
    if not _is_client():
        if form.is_refused:
            return _open_page(form)
        state().wishes = {
            name: form.value(name)[:MOST_WORD] for name in _OPEN_WISHES if form.value(name)
        }
        return _to_list()
    if form.number("age") is None:
        form.refuse_field("age", _("Write your age in years, as a number."))
    if form.is_refused:
        return _client_page(form)
    answer = ask_as_oneself("PUT", _WISHES, _wishes_of(form))
    if answer.is_success:
        return _to_list()
    if answer.has_error_of("age"):
        form.refuse_field("age", _("Write your age in years, as a number."))
    else:
        form.refuse_as(answer)
    return _client_page(form)


@blueprint.get("/find/<int:practitioner_id>")
def practitioner_page(practitioner_id: int) -> Response:
    """Show somebody with their free hours, in the reader's own zone."""
    return _practitioner(Form(), practitioner_id)


@blueprint.post("/find/<int:practitioner_id>/hold")
def hold(practitioner_id: int) -> Response:
    """Keep an hour for five minutes while the reader looks at what it costs."""
    form = posted_form()
    form.require(starts_at=_("Choose an hour first."))
    if form.is_refused:
        return _practitioner(form, practitioner_id)
    body = {"practitioner_id": practitioner_id, "starts_at": form.value("starts_at")}
    answer = ask_as_oneself("POST", "/api/v1/holds", body)
    if answer.is_success or answer.code == "too_many_holds":
        chosen = {"practitioner_id": str(practitioner_id), "starts_at": form.value("starts_at")}
        state().chosen = chosen
        return led_to("practitioners.booking_page", practitioner_id=practitioner_id)
    refuse_hour(form, answer)
    return _practitioner(form, practitioner_id)


@blueprint.get("/find/<int:practitioner_id>/book")
def booking_page(practitioner_id: int) -> Response:
    """Say what is about to be booked, what it costs and until when it can be changed."""
    return _booking(Form(), practitioner_id)


@blueprint.post("/find/<int:practitioner_id>/book")
def book(practitioner_id: int) -> Response:
    """Book the hour; the same form sent twice books once."""
    form = posted_form()
    form.require(starts_at=_("Choose an hour first."))
    if form.is_refused:
        return _practitioner(form, practitioner_id)
    answer = ask_once(
        "POST",
        "/api/v1/appointments",
        {"practitioner_id": practitioner_id, "starts_at": form.value("starts_at")},
        key=form.value("once"),
    )
    if answer.is_success:
        state().chosen, state().done = {}, "booked"
        return _to_appointment(answer.json["id"])
    if answer.code == "hour_already_yours":
        return _to_appointment(answer.json["appointment_id"])
    refuse_hour(form, answer)
    return _practitioner(form, practitioner_id)


@blueprint.post("/find/<int:practitioner_id>/release")
def release(practitioner_id: int) -> Response:
    """Give the held hour back and choose another."""
    form = posted_form()
    if not form.is_refused:
        for each in read("/api/v1/holds")["items"]:
            if each["practitioner_id"] == practitioner_id:
                ask_as_oneself("DELETE", f"/api/v1/holds/{each['id']}")
        state().chosen = {}
    return led_to("practitioners.practitioner_page", practitioner_id=practitioner_id)


def _is_client() -> bool:
    return role() == "client"


def _open_page(form: Form) -> Response:
    """List therapists for somebody who is not logged in, as a client at least."""
    wanted = {"limit": str(MOST_SHOWN), "locale": language(), **state().wishes}
    found = read_open(f"/api/v1/practitioners?{urlencode(wanted)}")["items"]
    shown = [Shown(record=each, hours=[], meets=[], relaxed=[]) for each in found]
    return rendered(
        "practitioners/find.html", form, shown=shown, is_client=False, zone=UTC,
        wishes=state().wishes, **_choices(),
    )  # fmt: skip


def _client_page(form: Form) -> Response:
    zone = reader().zone
    answer = ask_as_oneself("GET", _WISHES)
    wishes = answer.json if answer.is_success else {}
    shown = []
    if wishes:
        query = urlencode({"limit": MOST_SHOWN, "days": DAYS_OF_MATCHES, "locale": language()})
        shown = [
            Shown(
                record=each["practitioner"],
                hours=each["slots"][:HOURS_ON_A_CARD],
                meets=_named_wishes(each["meets"]),
                relaxed=_named_wishes(each["relaxed"]),
            )
            for each in read(f"/api/v1/matches?{query}")["items"]
        ]
    else:
        query = urlencode({"limit": MOST_SHOWN, "locale": language()})
        found = read_open(f"/api/v1/practitioners?{query}")["items"]
        shown = [Shown(record=each, hours=[], meets=[], relaxed=[]) for each in found]
    return rendered(
        "practitioners/find.html", form, shown=shown, is_client=True, zone=zone, wishes=wishes,
        **_choices(),
    )  # fmt: skip


def _choices() -> dict[str, Any]:
    return {
        "languages_spoken": options("languages"),
        "therapy_types": options("therapy_types"),
        "genders": options("preferred_genders"),
        "price_bands": options("price_bands"),
        "time_preferences": options("time_preferences"),
        "topic_groups": topics_by_group(),
        "language_names": names("languages"),
        "method_names": names("methods"),
        "topic_names": names("topics"),
    }


def _wishes_of(form: Form) -> dict[str, Any]:
    is_specific = form.value("time_preference") == "specific"
    return {
        "age": form.number("age"),
        "has_experience": "has_experience" in form.values,
        "therapy_type": form.value("therapy_type") or "individual",
        "preferred_gender": form.value("preferred_gender") or "any",
        "language": form.value("language") or None,
        "price_band": form.number("price_band") or 0,
        "time_preference": form.value("time_preference") or "any",
        "preferred_hour": form.number("preferred_hour") if is_specific else None,
        "topics": form.ticked("topic"),
    }


def _named_wishes(words: list[str]) -> list[str]:
    texts = {
        "therapy_type": _("kind of therapy"),
        "language": _("language"),
        "gender": _("gender"),
        "preferred_gender": _("gender"),
        "price": _("price"),
        "price_band": _("price"),
        "hour": _("hours that suit"),
        "preferred_hour": _("hours that suit"),
        "topics": _("topics"),
    }
    return [texts[word] for word in words if word in texts]


def _practitioner(form: Form, practitioner_id: int) -> Response:
    record = read_open(f"/api/v1/practitioners/{practitioner_id}?locale={language()}")
    is_client = _is_client()
    zone = reader().zone if is_client else record["time_zone"]
    hours = free_hours(practitioner_id)
    wanted = form.value("starts_at")
    return rendered(
        "practitioners/practitioner.html",
        form,
        record=record,
        is_client=is_client,
        zone=zone,
        days=days_with_hours(hours, zone),
        chosen=nearest_to(wanted, hours) if wanted else "",
        method_names=names("methods"),
        topic_names=names("topics"),
        language_names=names("languages"),
        therapy_type_names=names("therapy_types"),
    )


def _booking(form: Form, practitioner_id: int) -> Response:
    if state().login is None:
        raise LoggedOut
    chosen = state().chosen
    if chosen.get("practitioner_id") != str(practitioner_id):
        return led_to("practitioners.practitioner_page", practitioner_id=practitioner_id)
    starts_at = chosen["starts_at"]
    record = read_open(f"/api/v1/practitioners/{practitioner_id}?locale={language()}")
    zone = reader().zone
    held = [
        each
        for each in read("/api/v1/holds")["items"]
        if each["practitioner_id"] == practitioner_id and each["starts_at"] == starts_at
    ]
    return rendered(
        "practitioners/booking.html",
        form,
        record=record,
        zone=zone,
        starts_at=starts_at,
        held_until=held[0]["expires_at"] if held else "",
        free_until=_free_change_until(starts_at, record["settings"]),
        button=_(
            "Book %(day)s, %(hour)s for %(price)s",
            day=day(starts_at, zone),
            hour=hour(starts_at, zone),
            price=money(record["price_minor_units"], record["currency"]),
        ),
    )


def _free_change_until(starts_at: str, settings: dict[str, Any]) -> str:
    """Give until when an hour is moved and cancelled free of charge, as the record says now."""
    begins = datetime.fromisoformat(starts_at)
    return (begins - timedelta(minutes=settings["free_cancellation_minutes"])).isoformat()


def _to_list() -> Response:
    return led_to("practitioners.find_page")


def _to_appointment(appointment_id: int) -> Response:
    return led_to("appointments.appointment_page", appointment_id=appointment_id)
