"""Appointments reach client and therapist, once, in their language and zone."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest
from icalendar import Calendar
from sqlalchemy import delete, select

from notification_service.jobs.mails import send_mails
from notification_service.models.installations import Installation
from notification_service.tests.factories import (
    CLIENT,
    THERAPIST,
    HeldMailbox,
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
from shared.testing.waiting import at_the_same_time

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
    entries = []
    for happening in (event(BOOKED), event(MOVED), event(CANCELLED)):
        hear(happening)
        entries += [_calendar_in(mail) for mail in send()]
    assert len({entry["UID"] for entry in entries}) == 1
    assert [int(entry["SEQUENCE"]) for entry in entries] == [0, 1, 2]
    assert [entry["METHOD"] for entry in entries] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [entry["STATUS"] for entry in entries] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert entries[1]["DTSTART"].dt == datetime.fromisoformat("2026-11-26T09:00:00+00:00")

    hear(event(BOOKED, None, calendar_uid="another"))
    [mail] = send()
    assert _calendar_in(mail)["UID"] != entries[0]["UID"]


def test_a_calendar_entry_names_the_service_and_its_reader_and_nobody_else(hear, send):
    hear(account(CLIENT), account(THERAPIST), event(BOOKED))
    for mail in send():
        entry = _calendar_in(mail)
        assert entry["ORGANIZER"] == "mailto:no-reply@hearth.example"
        assert entry["ORGANIZER"].params["CN"] == "Hearth"
        assert entry["ATTENDEE"] == f"mailto:{mail['To']}"
        assert entry["ATTENDEE"].params["RSVP"] == "FALSE"
        assert entry["SUMMARY"] == "Hearth"
        content = entry.to_ical().decode()
        for word in ("Мария", "therap", "appointment", "DESCRIPTION"):
            assert word not in content
        [attached] = mail.iter_attachments()
        assert attached.get_filename() == "invite.ics"
        assert attached["Content-Type"].params["method"] == "REQUEST"


def test_two_installations_never_give_the_same_uid(
    hear, send, database: Database, clock: StandingClock
):
    hear(account(CLIENT), event(BOOKED))
    [mail] = send()
    with_the_first_key = _calendar_in(mail)["UID"]
    hear(event(MOVED))
    [mail] = send()
    assert _calendar_in(mail)["UID"] == with_the_first_key, "it stays"
    database.writing(lambda session: session.execute(delete(Installation)))
    hear(event(CANCELLED))
    [mail] = send()
    assert _calendar_in(mail)["UID"] != with_the_first_key


def test_workers_who_send_the_first_mails_at_once_use_one_uid(
    hear, database: Database, writer, clock: StandingClock
):
    hear(*[account(number) for number in range(1, 9)])
    hear(*[event(BOOKED, None, client_id=n, practitioner_id=99) for n in range(1, 9)])
    boxes = [HeldMailbox() for _ in range(4)]
    at_the_same_time(
        [partial(send_mails, database, box, writer, clock, threading.Event()) for box in boxes]
    )
    mails = [mail for box in boxes for mail in box.taken]
    assert len(mails) == 8
    assert len({_calendar_in(mail)["UID"] for mail in mails}) == 1


def test_a_therapist_reads_times_in_the_zone_of_the_schedule(
    hear, send, client, token_maker: TokenMaker
):
    zones = {"practitioner_time_zone": "Asia/Tokyo"}
    hear(account(CLIENT), account(THERAPIST, time_zone="America/New_York"))
    hear(event("profile.profile.changed.v1", None, account_id=THERAPIST, locale="en", version=2,
               time_zone="America/New_York"))  # fmt: skip
    hear(event(MOVED, None, **zones))
    [told] = _told(client, token_maker, THERAPIST)
    assert "17:00 (GMT+09:00). Now: Thursday, 26 November 2026, 18:00 (GMT+09:00)" in told
    to_client, to_therapist = send()
    assert "18:00 (GMT+09:00)" in text_of(to_therapist)
    assert "18:00 (GMT+09:00)" in page_of(to_therapist)
    assert "10:00 (GMT+01:00)" in text_of(to_client)


@pytest.mark.parametrize(
    ("said", "for_client", "for_therapist"),
    [
        ({"changed_by": "client"}, "You cancelled it.", "The client cancelled it."),
        ({"changed_by": "practitioner"}, "The specialist cancelled it.", "You cancelled it."),
        ({"changed_by": "staff"}, "Our team cancelled it.", "Our team cancelled it."),
        ({"changed_by": "system"}, "cancelled automatically.", "cancelled automatically."),
        (
            {"changed_by": "client", "reason_code": "client_left"},
            "You have ended the work together.",
            "The client has ended the work with you.",
        ),
        (
            {"changed_by": "staff", "reason_code": "practitioner_unavailable"},
            "The specialist is not available at present.",
            "Nobody can book with you at present.",
        ),
    ],
)
def test_who_cancelled_and_why_stands_in_notification_and_mail(
    hear, send, client, token_maker: TokenMaker, said: dict, for_client: str, for_therapist: str
):
    hear(account(CLIENT), account(THERAPIST), event(CANCELLED, None, **said))
    to_client, to_therapist = send()
    for reader, mail, words in (
        (CLIENT, to_client, for_client), (THERAPIST, to_therapist, for_therapist)
    ):  # fmt: skip
        [told] = _told(client, token_maker, reader)
        assert told.endswith(words)
        assert words in text_of(mail)
        assert words in page_of(mail)


@pytest.mark.parametrize("said", [{}, {"changed_by": "a_new_side", "reason_code": "a_new_reason"}])
def test_a_cancellation_without_known_words_for_it_is_told_plainly(
    hear, send, client, token_maker: TokenMaker, said: dict
):
    cancelled = event(CANCELLED)
    data = {name: value for name, value in cancelled.data.items() if name != "changed_by"}
    hear(account(CLIENT), replace(cancelled, data={**data, **said}))
    assert _told(client, token_maker, CLIENT)[0].endswith("Therapist: Мария Орлова.")
    assert len(send()) == 1


def _calendar_in(mail):
    """Give the one event of the attached calendar, with the METHOD of the whole."""
    [attached] = mail.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    content = attached.get_payload(decode=True)
    assert max(len(line) for line in content.splitlines()) <= 75
    calendar = Calendar.from_ical(content)
    [entry] = calendar.walk("VEVENT")
    entry["METHOD"] = calendar["METHOD"]
    return entry


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
