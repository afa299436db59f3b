"""Entrance 2, events of other services: HANDLERS is the whole list of what is heard."""

from collections.abc import Mapping

from notification_service.listeners.account_notices import queue_notice_of
from notification_service.listeners.accounts import remember_account_of
from notification_service.listeners.appointments import (
    tell_of_booked,
    tell_of_cancelled,
    tell_of_moved,
)
from notification_service.listeners.codes import queue_code_of
from notification_service.listeners.conversations import read_conversation_of
from notification_service.listeners.guided_sessions import tell_of_completed
from notification_service.listeners.messages import forget_deleted, tell_of_sent
from notification_service.listeners.profiles import remember_profile_of
from shared.events.inbox import Handler

HANDLERS: Mapping[str, Handler] = {
    "auth.account.registered.v1": remember_account_of,
    "auth.account.changed.v1": remember_account_of,
    "auth.code.issued.v1": queue_code_of,
    "auth.account.notice.v1": queue_notice_of,
    "profile.profile.changed.v1": remember_profile_of,
    "booking.appointment.booked.v1": tell_of_booked,
    "booking.appointment.moved.v1": tell_of_moved,
    "booking.appointment.cancelled.v1": tell_of_cancelled,
    "chat.message.sent.v1": tell_of_sent,
    "chat.message.deleted.v1": forget_deleted,
    "chat.conversation.read.v1": read_conversation_of,
    "chat.guided_session.completed.v1": tell_of_completed,
}
