"""What the web application is made of beside the chassis; `create_app` hands it in, views find it
here.
"""

from dataclasses import dataclass
from typing import cast

from booking_service.domain.accounts import AccountDirectory
from booking_service.domain.known_calendars import KnownCalendars
from booking_service.domain.payment_methods import PaymentProvider
from shared.http.context import chassis

NAME = "booking_service"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Who knows accounts, who keeps cards, and what is remembered of calendars."""

    accounts: AccountDirectory
    calendars: KnownCalendars
    payment_provider: PaymentProvider


def parts() -> Parts:
    """Give the current application's parts."""
    return cast(Parts, chassis().parts[NAME])
