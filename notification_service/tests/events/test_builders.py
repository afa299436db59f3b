"""What is announced of notifications fits its contract."""

from notification_service.events.notifications import notification_created, notifications_read
from shared.testing.contract_checks import events_off_contract


def test_every_builder_keeps_its_contract():
    built = [
        notification_created(notification_id=3001, recipient_id=17),
        notifications_read(recipient_id=17),
    ]
    assert events_off_contract("notification_service", built) == []
