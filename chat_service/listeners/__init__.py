"""Entrance 2, events of other services: HANDLERS is the whole list of what is heard."""

from collections.abc import Mapping

from chat_service.listeners.care_relations import care_relation_ended, care_relation_started
from chat_service.listeners.people import membership_started, profile_changed
from chat_service.listeners.practitioners import practitioner_published, practitioner_withdrawn
from shared.events.inbox import Handler

HANDLERS: Mapping[str, Handler] = {
    "profile.profile.changed.v1": profile_changed,
    "profile.membership.started.v1": membership_started,
    "booking.care_relation.started.v1": care_relation_started,
    "booking.care_relation.ended.v1": care_relation_ended,
    "booking.practitioner.published.v1": practitioner_published,
    "booking.practitioner.withdrawn.v1": practitioner_withdrawn,
}
