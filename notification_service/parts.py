"""What the web application is made of beside the chassis; `create_app` hands it in, views find it
here.
"""

from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

from shared.http.context import chassis

NAME = "notification_service"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The time zone in which moments are spelled for somebody whose own is not known."""

    default_zone: ZoneInfo


def parts() -> Parts:
    """Give the current application's parts."""
    return cast(Parts, chassis().parts[NAME])
