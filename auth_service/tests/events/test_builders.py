"""What is announced of accounts, codes and notices fits its contract, whatever is left out."""

from datetime import timedelta
from typing import Any

from auth_service.events.accounts import account_changed, account_registered
from auth_service.events.codes import code_issued
from auth_service.events.notices import NoticeKind, notice
from auth_service.tests.factories import an_account
from shared.testing.clocks import StandingClock
from shared.testing.contract_checks import events_off_contract


def test_every_builder_keeps_its_contract(clock: StandingClock):
    whole = an_account(17, clock.now(), country="HU", time_zone="Europe/Budapest")
    sparse = an_account(18, clock.now())
    later = clock.now() + timedelta(minutes=10)
    told: dict[str, Any] = {
        "email": whole.email,
        "account_id": 17,
        "locale": "en",
        "recipient_key": "ab12cd34",
    }
    notices = [notice(kind, **told) for kind in NoticeKind]
    undo = notice(NoticeKind.EMAIL_CHANGED, **told, sealed="sealed", expires_at=later)
    code = code_issued(
        **told, purpose="sign_up", sealed_code="sealed", sealed_token="sealed", expires_at=later
    )
    registered, changed = account_registered(whole), account_changed(sparse)

    assert events_off_contract("auth_service", [registered, changed, code, undo, *notices]) == []


def test_no_event_tells_the_password(clock: StandingClock):
    account = an_account(17, clock.now())
    assert account.password_hash not in str(account_registered(account).data)
