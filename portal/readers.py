"""Who reads the pages when somebody is logged in: what their profile says that pages need."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import g

from portal.visitors import read
from shared.errors import Unavailable

UTC = "UTC"


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Somebody logged in. `zone` is an IANA name, UTC while the profile cannot be read."""

    first_name: str = ""
    zone: str = UTC
    country: str = ""


def reader() -> Reader:
    """Give who is logged in; the profile is asked for once a page.

    Raises:
        DutyFirst: they have to do something else first.
        LoggedOut: nobody is logged in, or the login session has ended.
    """
    if "reader" not in g:
        try:
            profile = read("/api/v1/profiles/me")
        except Unavailable:
            profile = {}
        g.reader = Reader(
            first_name=profile.get("first_name") or "",
            zone=zone_said(profile),
            country=profile.get("country") or "",
        )
    found: Reader = g.reader
    return found


def zone_said(profile: Any) -> str:
    """Give the zone a profile says; UTC when it says none that is known here."""
    try:
        return str(ZoneInfo(profile["time_zone"]))
    except (KeyError, TypeError, ValueError, OSError):
        return UTC
