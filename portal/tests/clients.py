"""A client who is logged in, and what the API tells them: the shapes of its description."""

from typing import Any

from portal.tests.conftest import tokens
from portal.tests.stub_gateway import Reply, StubGateway, problem
from portal.tests.visitors import VisitorWithBrowser
from shared.testing.clocks import StandingClock

CLIENT, THERAPIST = 7, 4
NAMES = {"ru": "«имя»", "en": "«name»", "ar": "«اسم»"}
HOUR, NEXT_HOUR, LATER = (
    "2026-07-07T06:00:00.000000Z", "2026-07-07T07:00:00.000000Z", "2026-07-08T06:00:00.000000Z",
)  # fmt: skip
PRACTITIONER: dict[str, Any] = {
    "id": THERAPIST, "name": "«Maria <i>Orlova</i>»", "photo_url": "https://h.example/api/v1/pictures/4",
    "information": "«I listen.»", "education": "«Budapest.»", "therapy_types": ["individual"],
    "methods": [0], "topics": [0], "languages": ["ru"], "gender": "woman", "session_minutes": 50,
    "price_minor_units": 1000000, "currency": "HUF", "time_zone": "Europe/Budapest",
    "is_published": True,
    "settings": {"free_cancellation_minutes": 720, "hard_limit_minutes": 120},
}  # fmt: skip
APPOINTMENT: dict[str, Any] = {
    "id": 1, "practitioner_id": THERAPIST, "practitioner_name": "«Maria»", "client_id": CLIENT,
    "client_name": None, "starts_at": HOUR, "ends_at": "2026-07-07T06:50:00.000000Z",
    "state": "booked", "price_minor_units": 1000000, "currency": "HUF", "is_late_change": True,
    "version": 1, "rescheduled_to": None, "therapy_types": ["individual"], "session_minutes": 50,
}  # fmt: skip
CONVERSATION: dict[str, Any] = {
    "id": 3, "client_id": CLIENT, "practitioner_id": THERAPIST, "practitioner_name": "«Maria»",
    "is_open": True, "unread_count": 1, "created_at": HOUR, "last_message_at": HOUR,
}  # fmt: skip
GUIDED_SESSION: dict[str, Any] = {
    "id": 5, "stage": {"id": 1, "order": 0, "name": "«Goals»", "description": "«Find one.»",
                       "is_chat": True},
    "answered_questions": 1, "is_unlocked": True, "is_completed": False, "in_explanation": False,
    "created_at": HOUR, "account_id": CLIENT,
}  # fmt: skip
CODE_LISTS: dict[str, Any] = {
    **{
        name: [{"id": 0, "names": NAMES}]
        for name in ("methods", "price_bands", "change_reasons", "further_education")
    },
    "topics": [{"id": 0, "group": "self", "names": NAMES}],
    "topic_groups": [{"code": "self", "names": NAMES}],
    "languages": [{"code": "ru", "names": NAMES}],
    "therapy_types": [{"code": "individual", "names": NAMES}],
    "preferred_genders": [{"code": "any", "names": NAMES}, {"code": "woman", "names": NAMES}],
    "time_preferences": [{"code": "any", "names": NAMES}],
    "countries": [{"code": "HU", "names": NAMES}],
    "time_zones": [{"code": "Europe/Budapest", "names": NAMES}],
}
WISHES: dict[str, Any] = {
    "age": 31, "has_experience": False, "therapy_type": "individual", "topics": [0],
    "preferred_gender": "any", "time_preference": "any", "preferred_hour": None, "price_band": 0,
    "language": None,
}  # fmt: skip


def message(identifier: int, sender: int, text: str, **more: Any) -> dict[str, Any]:
    return {
        "id": identifier, "conversation_id": 3, "sender_id": sender, "text": text, "sent_at": HOUR,
        "is_read": True, "is_deleted": False, "client_message_id": None, **more,
    }  # fmt: skip


def know_everything(stub: StubGateway) -> None:
    """Let the API answer everything a client's pages ask for."""
    asked = {
        "profiles/me": {"time_zone": "Europe/Budapest", "first_name": "«Lena»", "country": "HU",
                        "locale": "en"},
        "appointments?when=coming&limit=5": {"items": [APPOINTMENT]},
        "appointments?when=coming&limit=50": {"items": [APPOINTMENT]},
        "appointments?when=past&limit=20": {"items": [{**APPOINTMENT, "state": "fulfilled"}]},
        "appointments/1": APPOINTMENT,
        "appointments/1/history": {"items": [
            {"appointment_id": 1, "action": "booked", "from_state": None, "to_state": "booked",
             "changed_by": "client", "actor_id": CLIENT, "reason": "«because»", "is_late": True,
             "changed_at": HOUR},
            {"appointment_id": 1, "action": "attendance", "from_state": "booked",
             "to_state": "arrived", "changed_by": "practitioner", "actor_id": THERAPIST,
             "reason": None, "is_late": False, "changed_at": HOUR}]},
        "conversations?limit=50": {"items": [CONVERSATION]},
        "conversations?limit=100": {"items": [CONVERSATION]},
        "conversations/3/messages?limit=50": {
            "items": [message(1, CLIENT, "«Hello <script>alert(1)</script>»"),
                      message(2, THERAPIST, "«Good day»"),
                      message(3, CLIENT, "", is_deleted=True)],
            "next": "x"},
        "care-relations?limit=100": {"items": [{"client_id": CLIENT, "client_name": "«Lena I.»"}]},
        "notifications/unread-count": {"count": 2},
        "notifications?limit=50": {"items": [
            {"id": 9, "kind": "alert", "description": "«Booked»", "created_at": HOUR,
             "is_read": False, "account_id": CLIENT}]},
        "care-relations/current?locale=en": {"practitioner": PRACTITIONER},
        "care-relations/current": {"practitioner": PRACTITIONER},
        "matching-preferences/me": WISHES,
        "matches?limit=12&days=28&locale=en": {"items": [
            {"practitioner": PRACTITIONER, "slots": [HOUR], "meets": ["language"],
             "relaxed": ["price"]}]},
        "practitioners?limit=12&locale=en": {"items": [PRACTITIONER]},
        "practitioners/4?locale=en": PRACTITIONER,
        "practitioners/4/slots": {"items": [
            {"starts_at": each, "ends_at": each} for each in (HOUR, NEXT_HOUR, LATER)]},
        "holds": {"items": [{"id": 1, "practitioner_id": THERAPIST, "starts_at": HOUR,
                             "ends_at": HOUR, "expires_at": NEXT_HOUR}]},
        "code-lists": CODE_LISTS,
        "guided-sessions": {
            "items": [GUIDED_SESSION, {**GUIDED_SESSION, "id": 6, "is_unlocked": False}]},
        "guided-sessions/6/transcript": {"items": []},
        "guided-sessions/5/transcript": {"items": [
            {"id": 1, "guided_session_id": 5, "is_user": False, "text": "«What do you want?»",
             "question_id": "q1", "created_at": HOUR}]},
        "notification-settings/me": {
            "appointments_notification": True, "results_notification": True,
            "email_notification": False, "marketing_email": False},
        "payment-methods": {"items": [{"brand": "«Visa»", "last_four": "4242", "expiry": "07/29"}]},
        "help-lines?locale=en&country=HU": {
            "country": "HU", "emergency_number": "112",
            "items": [{"name": "«Line»", "number": "116 123", "url": "https://a.example",
                       "hours": "«always»", "languages": ["hu"]}]},
        "help-lines?locale=en": {"country": None, "emergency_number": "112", "items": []},
    }  # fmt: skip
    for path, body in asked.items():
        stub.reply("GET", f"/api/v1/{path}", Reply(json=body))


SCHEDULE_OF_ONESELF = f"/api/v1/practitioners/{THERAPIST}/schedule"
AWAY = {"starts_at": HOUR, "ends_at": LATER, "reason": "«sea»"}
SCHEDULE: dict[str, Any] = {
    "time_zone": "Europe/Budapest",
    "weekly_hours": [{"weekday": 0, "starts": "09:00", "ends": "12:00"}],
    "overrides": [{"date": "2026-07-20", "hours": []}],
    "absences": [AWAY],
}


def come_as_client(visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock) -> None:
    """Log a client in."""
    _come(visitor, stub, clock, {"id": CLIENT, "role": "client"})


def come_as_therapist(visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock) -> None:
    """Log a therapist in, who has hours."""
    stub.reply("GET", SCHEDULE_OF_ONESELF, Reply(json=SCHEDULE, headers={"ETag": '"v1"'}))
    _come(visitor, stub, clock, {"id": THERAPIST, "role": "therapist"})


def _come(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock, account: dict[str, Any]
) -> None:
    know_everything(stub)
    answer = tokens(clock)
    stub.reply(
        "POST",
        "/api/v1/login-sessions",
        Reply(status=201, json={**answer.json, "account": account}),
    )
    page = visitor.get("/app/log-in")
    visitor.send(page, "/app/log-in", email="lena@example.org", password="a long one")


CLIENT_PAGES = (
    "/app/", "/app/help", "/app/find", "/app/find/4", "/app/calendar", "/app/calendar/1",
    "/app/calendar/1/move", "/app/messages", "/app/messages/new", "/app/messages/3", "/app/steps",
    "/app/steps/5", "/app/steps/6", "/app/news", "/app/settings", "/app/card", "/app/change",
)  # fmt: skip
REFUSED = problem(422, "invalid_request")
