"""Codes travel sealed and are opened only when their mail is written."""

import logging
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from notification_service.tests.factories import (
    PUBLIC_PEM,
    account,
    code,
    event,
    mails_in,
    page_of,
    text_of,
)
from shared.clock import instant_text
from shared.database import Database
from shared.events.tables import inbox
from shared.sealing import seal
from shared.testing.clocks import StandingClock


@pytest.mark.parametrize(
    ("purpose", "sentence"),
    [
        ("sign_up", "your verification code is: 042719"),
        ("email_change", "your verification code is: 042719"),
        ("password_reset", "your password reset code is: 042719"),
    ],
)
def test_a_code_is_mailed_in_its_sentence(hear, send, clock, purpose: str, sentence: str):
    hear(code(clock, purpose=purpose, locale="en"))
    [mail] = send()
    assert mail["To"] == "person17@example.org"
    assert sentence in text_of(mail).splitlines()
    assert ">042719</p>" in page_of(mail)
    assert "042719" not in mail["Subject"]
    assert sentence.encode() in mail.as_bytes(), "readable as it travels"


APP = "http://127.0.0.1:8000/app"


@pytest.mark.parametrize(
    ("purpose", "page"),
    [
        ("sign_up", "confirm-address"),
        ("email_change", "confirm-address"),
        ("password_reset", "set-password"),
    ],
)
def test_a_code_mail_leads_to_its_page(hear, send, clock, purpose: str, page: str):
    hear(code(clock, purpose=purpose))
    [mail] = send()
    link = f"{APP}/{page}?token=token-042719"
    assert link in text_of(mail)
    assert f'href="{link}"' in page_of(mail)


@pytest.mark.parametrize("purpose", ["sign_up", "email_change", "password_reset"])
@pytest.mark.parametrize("without", [{"sealed_token": None}, "absent"])
def test_a_code_of_the_former_release_is_mailed_without_a_link(
    hear, send, clock, purpose: str, without: dict | str
):
    issued = code(clock, purpose=purpose)
    data = {name: value for name, value in issued.data.items() if name != "sealed_token"}
    hear(replace(issued, data=data if without == "absent" else {**data, "sealed_token": None}))
    [mail] = send()
    assert "042719" in text_of(mail)
    assert "token=" not in mail.as_string()


def test_a_token_of_another_address_opens_no_page(hear, send, clock, database: Database):
    stolen = seal(PUBLIC_PEM, b"token", b"sign_up_link:victim@example.org")
    hear(code(clock, sealed_token=stolen))
    assert send() == []
    assert mails_in(database)[0].problem == "CannotUnseal"


def test_no_mail_leads_to_the_developers_index(hear, send, clock):
    hear(account(), code(clock), event("auth.account.notice.v1", None, kind="already_registered"))
    hear(event("booking.appointment.booked.v1"))
    mails = send()
    assert len(mails) == 3
    for mail in mails:
        for words in (text_of(mail), page_of(mail)):
            addresses = re.findall(r"http[^\s\"<>]*", words)
            assert addresses
            assert all(address.startswith(APP) for address in addresses)


@pytest.mark.parametrize("locale", ["ru", "en", "ar"])
def test_a_code_mail_speaks_the_language_of_the_sign_up(hear, send, clock, locale: str):
    hear(code(clock, locale=locale))
    [mail] = send()
    assert mail["Content-Language"] == locale
    assert "042719" in text_of(mail)


def test_the_code_is_never_stored_in_clear_and_wiped_after_sending(
    hear, send, clock, database: Database
):
    hear(code(clock))
    [mail] = mails_in(database)
    assert mail.state == "queued"
    assert None not in (mail.sealed, mail.sealed_token)
    rows = database.reading(lambda session: session.execute(text("SELECT * FROM mails")).all())
    assert "042719" not in repr(rows)

    assert len(send()) == 1
    [mail] = mails_in(database)
    assert mail.state == "sent"
    assert {mail.sealed, mail.sealed_for, mail.sealed_token, mail.sealed_token_for} == {None}


def test_the_newest_code_replaces_the_older_for_the_same_address_and_purpose(
    hear, send, clock: StandingClock, database: Database
):
    hear(code(clock, "111111"), code(clock, "999999", "password_reset"))
    clock.advance(seconds=30)
    hear(code(clock, "222222"), code(clock, "333333", email="other@example.org"))

    words = " ".join(text_of(mail) for mail in send())
    assert "111111" not in words
    for digits in ("222222", "999999", "333333"):
        assert digits in words
    old = mails_in(database)[0]
    assert (old.state, old.problem, old.sealed) == ("abandoned", "superseded", None)


def test_an_older_code_that_comes_late_is_abandoned(hear, send, clock: StandingClock):
    older = code(clock, "111111")
    clock.advance(seconds=30)
    hear(code(clock, "222222"))
    hear(older)
    [mail] = send()
    assert "222222" in text_of(mail)


def test_a_code_that_comes_twice_is_mailed_once(hear, send, clock, database: Database):
    issued = code(clock)
    hear(issued, issued)
    database.writing(lambda session: session.execute(inbox.delete()))
    hear(issued)
    assert len(send()) == 1
    hear(issued)
    assert send() == []


def test_an_expired_code_is_never_mailed(hear, send, clock: StandingClock, database: Database):
    from notification_service.jobs.mails import settle_waiting_mails

    hear(code(clock))
    clock.advance(minutes=10)
    assert send() == []
    settle_waiting_mails(database, clock)
    [mail] = mails_in(database)
    assert (mail.state, mail.problem, mail.sealed) == ("abandoned", "expired", None)


def test_a_code_sealed_for_somebody_else_fails_without_stopping_the_others(
    hear, send, clock, database: Database
):
    stolen = seal(PUBLIC_PEM, b"042719", b"sign_up:victim@example.org")
    hear(code(clock, sealed_code=stolen), code(clock, "333333", email="other@example.org"))
    [mail] = send()
    assert "333333" in text_of(mail)
    failed = mails_in(database)[0]
    assert (failed.state, failed.problem) == ("failed", "CannotUnseal")


def test_a_stranger_is_not_greeted_with_words_somebody_else_chose(hear, send, clock):
    hear(account(17, first_name="Win a prize at evil.example", is_verified=False))
    hear(code(clock, account_id=17, locale="en"))
    [mail] = send()
    assert "evil" not in mail.as_string()
    assert text_of(mail).startswith("Hello,")


def test_a_proved_address_is_greeted_by_name(hear, send, clock):
    hear(account(17, first_name="Anna"))
    hear(code(clock, account_id=17, purpose="password_reset", locale="en"))
    [mail] = send()
    assert text_of(mail).startswith("Hello Anna,")


@pytest.mark.parametrize(
    "broken",
    [
        {"purpose": "birthday"},
        {"email": "a@b\r\nBcc: c@d"},
        {"expires_at": "soon"},
        {"sealed_code": ""},
        {"locale": 1},
    ],
)
def test_a_malformed_code_is_dead_at_once(hear, clock, database: Database, broken: dict):
    issued = code(clock)
    hear(replace(issued, data={**issued.data, **broken}))
    states = database.reading(lambda session: list(session.scalars(select(inbox.c.state))))
    assert states == ["dead"]
    assert mails_in(database) == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("already_registered", "You already have one"),
        ("email_changed", "has been changed"),
        ("password_changed", "password"),
        ("second_factor_set_up", "asks for a code of your app"),
        ("second_factor_removed", "the password alone opens it"),
        ("recovery_code_used", "with one of your recovery codes"),
    ],
)
def test_a_notice_goes_to_the_address_it_names_whatever_the_settings(
    hear, send, kind: str, words: str
):
    hear(event("auth.account.notice.v1", None, email="old@example.org", kind=kind))
    [mail] = send()
    assert mail["To"] == "old@example.org"
    assert words in text_of(mail)


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("invitation", "accept-invitation"),
        ("password_needed", "set-password"),
        ("email_correction_requested", "confirm-address"),
        ("email_change_requested", "undo-email-change"),
        ("email_changed", "undo-email-change"),
    ],
)
def test_a_notice_leads_to_its_page_with_its_token(hear, send, clock, kind: str, page: str):
    hear(_notice_with_token(clock, kind))
    [mail] = send()
    link = f"{APP}/{page}?token=t-%3F%26"
    assert link in text_of(mail)
    assert f'href="{link}"' in page_of(mail)


@pytest.mark.parametrize(
    "kind",
    ["password_changed", "second_factor_set_up", "second_factor_removed", "recovery_code_used"],
)
def test_what_happened_to_the_ways_in_leads_to_where_one_is_logged_in(hear, send, kind: str):
    hear(event("auth.account.notice.v1", None, kind=kind))
    [mail] = send()
    assert f"{APP}/login-sessions\n" in text_of(mail)
    assert f'href="{APP}/login-sessions"' in page_of(mail)


@pytest.mark.parametrize("kind", ["invitation", "password_needed", "email_correction_requested"])
def test_a_notice_that_needs_a_token_is_dead_without_one(hear, send, clock, kind: str):
    notice = _notice_with_token(clock, kind)
    hear(replace(notice, data={**notice.data, "sealed": None}))
    assert send() == []


def test_an_invitation_that_has_expired_is_never_mailed(hear, send, clock: StandingClock):
    hear(_notice_with_token(clock, "invitation"))
    clock.advance(days=7)
    assert send() == []


def _notice_with_token(clock: StandingClock, kind: str):
    return event(
        "auth.account.notice.v1", None, email="anna@example.org", kind=kind,
        sealed=seal(PUBLIC_PEM, b"t-?&", f"{kind}:anna@example.org".encode()),
        expires_at=instant_text(clock.now() + timedelta(days=7)),
    )  # fmt: skip


def test_the_undo_code_of_an_email_change_travels_sealed(hear, send, clock, database: Database):
    sealed = seal(PUBLIC_PEM, b"undo-kT3xQ9", b"email_change_requested:old@example.org")
    hear(
        event(
            "auth.account.notice.v1", None, email="old@example.org",
            kind="email_change_requested", sealed=sealed,
            expires_at=instant_text(clock.now() + timedelta(days=7)),
        )
    )  # fmt: skip
    [mail] = send()
    assert "undo-kT3xQ9" in text_of(mail)
    assert mails_in(database)[0].sealed is None


def test_a_notice_that_comes_twice_is_mailed_once_and_a_malformed_one_never(
    hear, send, database: Database
):
    notice = event("auth.account.notice.v1")
    hear(notice, notice)
    assert len(send()) == 1
    hear(event("auth.account.notice.v1", None, kind="hello"))
    assert send() == []


def test_neither_code_nor_address_reaches_a_log(hear, send, clock, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    hear(code(clock), code(clock, email="broken@example.org", sealed_code="v1.AAAA"))
    send()
    written = capsys.readouterr().out + caplog.text
    assert "mail_handled" in written
    assert "042719" not in written
    assert "example.org" not in written
