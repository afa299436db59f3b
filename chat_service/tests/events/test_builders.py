"""What is announced of guided sessions, progress and messages fits its contract."""

from chat_service.events.conversations import conversation_read
from chat_service.events.guided_sessions import guided_session_completed
from chat_service.events.messages import message_deleted, message_sent
from chat_service.events.progress import progress_changed
from shared.testing.clocks import StandingClock
from shared.testing.contract_checks import events_off_contract


def test_every_builder_keeps_its_contract(clock: StandingClock):
    now = clock.now()
    built = [
        guided_session_completed(
            account_id=17, guided_session_id=5, stage_order=0, completed_at=now
        ),
        progress_changed(
            account_id=17, guided_session_id=5, completed_stages=0, ratio=0.0, total_answers=0
        ),
        progress_changed(
            account_id=17, guided_session_id=5, completed_stages=12, ratio=1.0, total_answers=99
        ),
        message_sent(message_id=1, conversation_id=2, sender_id=17, recipient_id=42, sent_at=now),
        message_deleted(
            message_id=1, conversation_id=2, sender_id=17, recipient_id=42, was_read=False
        ),
        conversation_read(conversation_id=2, reader_id=42, message_id=1),
    ]
    assert events_off_contract("chat_service", built) == []
