"""Entrance 2, events of other services: HANDLERS is the whole list of what is heard."""

from collections.abc import Mapping

from booking_service.listeners.accounts import remember_account_told
from booking_service.listeners.profiles import remember_profile_told
from shared.events.inbox import Handler

HANDLERS: Mapping[str, Handler] = {
    "auth.account.registered.v1": remember_account_told,
    "auth.account.changed.v1": remember_account_told,
    "profile.profile.changed.v1": remember_profile_told,
}
