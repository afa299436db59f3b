"""What the web application is made of beside the chassis; `create_app` hands it in, views find it
here.
"""

from dataclasses import dataclass
from typing import cast

from profile_service.domain.accounts import Accounts
from profile_service.domain.care_relations import Booking
from profile_service.domain.picture_files import PictureStudio
from shared.http.context import chassis

NAME = "profile_service"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The two services that are asked, and where pictures are encoded."""

    accounts: Accounts
    booking: Booking
    studio: PictureStudio


def parts() -> Parts:
    """Give the current application's parts."""
    return cast(Parts, chassis().parts[NAME])
