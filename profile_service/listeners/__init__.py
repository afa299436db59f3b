"""Entrance 2, events of other services: HANDLERS is the whole list of what is heard."""

from collections.abc import Mapping

from profile_service.listeners.accounts import remember_account_of, welcome_account_of
from profile_service.listeners.care_relations import (
    remember_relation_ended_of,
    remember_relation_started_of,
)
from profile_service.listeners.practitioners import remember_published_of, remember_withdrawn_of
from profile_service.listeners.progress import remember_progress_of
from shared.events.inbox import Handler

HANDLERS: Mapping[str, Handler] = {
    "auth.account.registered.v1": welcome_account_of,
    "auth.account.changed.v1": remember_account_of,
    "booking.practitioner.published.v1": remember_published_of,
    "booking.practitioner.withdrawn.v1": remember_withdrawn_of,
    "booking.care_relation.started.v1": remember_relation_started_of,
    "booking.care_relation.ended.v1": remember_relation_ended_of,
    "chat.progress.changed.v1": remember_progress_of,
}
