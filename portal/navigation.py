"""The places of each role; a phone's bar has room for five."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request, url_for

from portal.languages import _
from portal.state import state


@dataclass(frozen=True, kw_only=True)
class Place:
    """A page of the navigation; `is_here` when the reader is on it or on one that belongs to it."""

    url: str
    text: str
    is_here: bool


def places() -> list[Place]:
    """Give the places of who is logged in; nobody else has any."""
    login = state().login
    if login is None:
        return []
    texts = _texts()
    return [
        Place(
            url=url_for(f"{noun}.{view}"),
            text=texts[noun],
            is_here=request.blueprint == noun,
        )
        for noun, view in _PLACES.get(login.role, ())
    ] + [
        Place(
            url=url_for("settings.settings_page"),
            text=_("More"),
            is_here=request.blueprint in _BELOW_MORE,
        )
    ]


_PLACES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "client": (
        ("practitioners", "find_page"),
        ("appointments", "appointments_page"),
        ("conversations", "conversations_page"),
        ("guided_sessions", "guided_sessions_page"),
    ),
    "therapist": (
        ("appointments", "appointments_page"),
        ("schedules", "hours_page"),
        ("conversations", "conversations_page"),
    ),
}
_BELOW_MORE = frozenset(
    {"settings", "notifications", "login_sessions", "second_factors", "care_relations"}
)


def _texts() -> Mapping[str, str]:
    return {
        "practitioners": _("Find"),
        "appointments": _("Appointments"),
        "schedules": _("My hours"),
        "conversations": _("Messages"),
        "guided_sessions": _("Steps"),
    }
