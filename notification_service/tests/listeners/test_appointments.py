"""Appointments reach client and therapist, once, in their language and zone."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from notification_service.tests.factories import (
    CLIENT,
    THERAPIST,
    account,
    event,
    mails_in,
    page_of,
    text_of,
)
from shared.database import Database
from shared.events.inbox import handle_waiting
from shared.events.tables import inbox
from shared.testing.clocks import StandingClock
from shared.testing.tokens import TokenMaker

BOOKED = "booking.appointment.booked.v1"
MOVED = "booking.appointment.moved.v1"
CANCELLED = "booking.appointment.cancelled.v1"


def _told(client, maker: TokenMaker, account_id: int) -> list[str]:
    answer = client.get("/api/v1/notifications", headers=maker.headers(account_id))
    assert answer.status_code == 200
    return [item["description"] for item in answer.json["items"]]


def test_a_booked_hour_is_told_and_mailed_to_client_and_therapist(
    hear, send, client, token_maker: TokenMaker
):
    hear(account(CLIENT), account(THERAPIST, locale="ru"), event(BOOKED))

    [told] = _told(client, token_maker, CLIENT)
    assert "Wednesday, 25 November 2026, 09:00 (GMT+01:00)" in told
    assert "Мария Орлова" in told
    [told] = _told(client, token_maker, THERAPIST)
    assert told == "К вам записался клиент. Время: среда, 25 ноября 2026 г., 09:00 (GMT+01:00)."

    to_client, to_therapist = send()
    assert to_client["To"] == "person17@example.org"
    assert "With: Мария Орлова" in text_of(to_client)
    assert "Wednesday, 25 November 2026, 09:00 (GMT+01:00)" in page_of(to_client)
    assert to_client["Auto-Submitted"] == "auto-generated"
    assert to_therapist["To"] == "person42@example.org"
    assert to_therapist["Content-Language"] == "ru"
    assert "среда, 25 ноября 2026 г., 09:00" in text_of(to_therapist)


@pytest.mark.parametrize(
    ("event_type", "wanted"),
    [
        (MOVED, "Before: Wednesday, 25 November 2026, 09:00 (GMT+01:00). Now: Thursday, 26"),
        (CANCELLED, "Your appointment has been cancelled. Time: Wednesday, 25 November 2026"),
    ],
)
def test_a_change_is_told_and_mailed(
    hear, send, client, token_maker: TokenMaker, event_type: str, wanted: str
):
    hear(account(CLIENT), account(THERAPIST), event(event_type))

    assert wanted in _told(client, token_maker, CLIENT)[0]
    assert len(_told(client, token_maker, THERAPIST)) == 1
    assert len(send()) == 2


def test_times_follow_the_reader_and_not_the_service(hear, send, client, token_maker: TokenMaker):
    profile = event(
        "profile.profile.changed.v1", None, account_id=CLIENT, locale="ar", time_zone="Asia/Dubai"
    )
    hear(account(CLIENT), event(BOOKED), profile)

    [told] = _told(client, token_maker, CLIENT)
    assert "الأربعاء، 25 نوفمبر 2026، 12:00" in told
    [mail] = [mail for mail in send() if mail["To"] == "person17@example.org"]
    assert mail["Content-Language"] == "ar"
    assert "12:00" in text_of(mail)
    assert 'dir="rtl"' in page_of(mail)


def test_a_cleared_zone_falls_back_to_the_services(hear, client, token_maker: TokenMaker):
    profile = event(
        "profile.profile.changed.v1", None, account_id=CLIENT, locale="en", time_zone=None
    )
    hear(account(CLIENT, time_zone="Asia/Tokyo"), profile, event(BOOKED))

    assert "09:00 (GMT+01:00)" in _told(client, token_maker, CLIENT)[0]


def test_a_name_written_in_two_languages_is_shown_in_the_readers(
    hear, client, token_maker: TokenMaker
):
    names = {"ru": "Мария Орлова", "en": "Maria Orlova"}
    hear(account(CLIENT), event(BOOKED, None, practitioner_name=names))

    assert "Maria Orlova" in _told(client, token_maker, CLIENT)[0]


def test_an_event_that_comes_twice_is_told_and_mailed_once(
    hear, database: Database, clock: StandingClock, client, token_maker: TokenMaker
):
    booked = event(BOOKED)
    hear(account(CLIENT), booked, booked)
    hear(booked)
    # also when the inbox has forgotten it and it is published once more
    database.writing(lambda session: session.execute(inbox.delete()))
    hear(booked)

    assert len(_told(client, token_maker, CLIENT)) == 1
    assert len(mails_in(database)) == 2


def test_a_late_event_is_told_in_its_place(hear, client, token_maker: TokenMaker):
    clock = StandingClock()
    booked = event(BOOKED, clock.now())
    clock.advance(minutes=5)
    moved = event(MOVED, clock.now())
    hear(account(CLIENT), moved)
    hear(booked)

    first, second = _told(client, token_maker, CLIENT)
    assert first.startswith("Your appointment has been moved")
    assert second.startswith("Your appointment is booked")


@pytest.mark.parametrize(
    "broken",
    [
        {"client_id": "17"},
        {"starts_at": "yesterday"},
        {"practitioner_name": 5},
        {"practitioner_id": None},
        {"sequence": True},
    ],
)
def test_a_malformed_event_is_dead_at_once_and_leaves_nothing(
    hear, database: Database, client, token_maker: TokenMaker, broken: dict
):
    booked = event(BOOKED)
    hear(replace(booked, data={**booked.data, **broken}))

    states = database.reading(
        lambda session: session.execute(select(inbox.c.state, inbox.c.problem)).all()
    )
    [(state, problem)] = states
    assert (state, problem) == ("dead", f"bad fields: {next(iter(broken))}")
    assert _told(client, token_maker, CLIENT) == []
    assert mails_in(database) == []


def test_fields_we_do_not_know_are_ignored(hear, client, token_maker: TokenMaker):
    hear(event(BOOKED, None, something_new={"a": 1}))
    assert len(_told(client, token_maker, CLIENT)) == 1


def test_who_switched_appointments_off_gets_neither_notice_nor_mail(
    hear, send, client, token_maker: TokenMaker
):
    changed = client.patch(
        "/api/v1/notification-settings/me",
        json={"appointments_notification": False},
        headers=token_maker.headers(CLIENT),
    )
    assert changed.status_code == 200
    hear(account(CLIENT), account(THERAPIST), event(BOOKED))

    assert _told(client, token_maker, CLIENT) == []
    assert len(_told(client, token_maker, THERAPIST)) == 1
    assert [mail["To"] for mail in send()] == ["person42@example.org"]


def test_a_mail_waits_for_its_recipient(
    hear, send: Callable[[], list], client, token_maker: TokenMaker
):
    hear(event(BOOKED))
    assert len(_told(client, token_maker, CLIENT)) == 1, "the notification does not wait"
    assert send() == []

    hear(account(CLIENT))
    assert [mail["To"] for mail in send()] == ["person17@example.org"]
    hear(account(THERAPIST))
    assert [mail["To"] for mail in send()] == ["person42@example.org"]


def test_calendar_entries_of_one_appointment_replace_one_another(hear, send):
    hear(account(CLIENT))
    mails = []
    for happening in (event(BOOKED), event(MOVED), event(CANCELLED, None, calendar_uid="given")):
        hear(happening)
        mails += send()
    found = []
    for mail in mails:
        [attached] = mail.iter_attachments()
        assert attached.get_content_type() == "text/calendar"
        lines = attached.get_content()
        lines = (lines if isinstance(lines, str) else lines.decode()).splitlines()
        found.append({line.partition(":")[0]: line.partition(":")[2] for line in lines})
    assert [entry["UID"] for entry in found] == ["appointment-501@hearth"] * 2 + ["given"]
    assert [entry["SEQUENCE"] for entry in found] == ["0", "1", "2"]
    assert [entry["METHOD"] for entry in found] == ["PUBLISH", "PUBLISH", "CANCEL"]
    assert found[1]["DTSTART"] == "20261126T090000Z"
    assert {entry["SUMMARY"] for entry in found} == {"Hearth"}


def test_every_event_the_catalogue_sends_here_has_a_handler_and_its_example_is_handled(
    database: Database, clock: StandingClock
):
    from notification_service.listeners import HANDLERS
    from shared.events.catalogue import shipped_catalogue, shipped_example
    from shared.events.inbox import receive

    heard = shipped_catalogue().heard_by("notification_service")
    assert set(HANDLERS) == heard
    receive(database, [shipped_example(name).to_json() for name in sorted(heard)], clock)
    handle_waiting(database, HANDLERS, clock)
    states = database.reading(lambda session: set(session.scalars(select(inbox.c.state))))
    assert states == {"done"}
