"""What the web application is made of beside the chassis; `create_app` hands it in, views find it
here.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from auth_service.domain.care_relations import Booking
from auth_service.domain.login_sessions import Lifetimes
from auth_service.domain.password_hashing import PasswordHashing
from auth_service.domain.security import Security
from auth_service.settings import Settings
from shared.http.context import chassis
from shared.http.ended_sessions import EndedSessions

NAME = "auth_service"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of one application."""

    settings: Settings
    security: Security
    hashing: PasswordHashing
    lifetimes: Lifetimes
    ended_sessions: EndedSessions
    booking: Booking


def parts() -> Parts:
    """Give the current application's parts."""
    return cast(Parts, chassis().parts[NAME])


def security_of(settings: Settings) -> Security:
    """Give what the settings say about secrets."""
    return Security(
        hash_key=settings.code_hmac_key,
        sealing_public_key=settings.sealing_public_key,
        limit_scale=settings.rate_limit_scale,
        staff_need_second_factor=settings.staff_need_second_factor,
    )


def lifetimes_of(settings: Settings) -> Lifetimes:
    """Give how long tokens live."""
    return Lifetimes(
        access=timedelta(seconds=settings.access_token_seconds),
        refresh=timedelta(seconds=settings.refresh_token_seconds),
        refreshed_at_most=timedelta(seconds=settings.refresh_token_absolute_seconds),
        wellbeing=timedelta(seconds=settings.wellbeing_token_seconds),
        accounts=timedelta(seconds=settings.accounts_token_seconds),
        matching=timedelta(seconds=settings.matching_token_seconds),
        professional=timedelta(seconds=settings.professional_token_seconds),
    )
