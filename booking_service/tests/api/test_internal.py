"""What the gateway and other services ask."""

from booking_service.tests.factories import (
    CLIENT,
    OTHER_CLIENT,
    THERAPIST,
    Door,
    hour,
    refused,
)

RELATIONS = "/internal/v1/care-relations"
TOKENS = "/internal/v1/reschedule-tokens"


def test_without_the_internal_key_nothing_is_answered(door: Door, therapist: int):
    for method, path in (
        ("GET", f"{RELATIONS}?client_id=1"),
        ("GET", f"/internal/v1/practitioners/{therapist}"),
        ("GET", "/internal/v1/payment-methods?account_id=1"),
        ("POST", TOKENS),
    ):
        answer = door.call(method, CLIENT, path, {} if method == "POST" else None)
        refused(answer, 401, "not_authenticated")


def test_present_care_relations_are_told_by_either_side(door: Door, therapist: int):
    door.create_appointment(CLIENT, therapist, hour(7, 9))
    door.create_appointment(OTHER_CLIENT, therapist, hour(7, 10))
    door.post(OTHER_CLIENT, "/api/v1/care-relations/current/end", {})

    def told(query: str) -> list[tuple[int, int]]:
        items = door.internal("GET", f"{RELATIONS}?{query}").json["items"]
        return [(each["client_id"], each["practitioner_id"]) for each in items]

    pair = [(CLIENT, therapist)]
    assert told(f"client_id={CLIENT}") == pair
    assert told(f"practitioner_id={therapist}") == pair
    assert told(f"client_id={CLIENT}&practitioner_id={therapist}") == pair
    assert told(f"client_id={CLIENT}&practitioner_id=999") == []
    assert told(f"client_id={OTHER_CLIENT}") == []
    refused(door.internal("GET", RELATIONS), 422, "invalid_request")
    refused(door.internal("GET", f"{RELATIONS}?client_id=x"), 422, "invalid_request")


def test_a_record_is_told_published_or_not(door: Door):
    hidden = door.create_therapist(is_published=False)

    answer = door.internal("GET", f"/internal/v1/practitioners/{hidden}")

    assert (answer.json["id"], answer.json["is_published"]) == (hidden, False)
    unknown = door.internal("GET", "/internal/v1/practitioners/999")
    refused(unknown, 404, "practitioner_not_found")


def test_a_token_comes_with_the_free_hours_and_holds_nothing(door: Door, therapist: int):
    door.create_appointment(CLIENT, therapist, hour(9))
    near = door.create_appointment(CLIENT, therapist, hour(7))

    answer = door.internal("POST", TOKENS, {"practitioner_id": therapist, "days": 2}, who=CLIENT)

    assert answer.status_code == 201
    assert answer.json["expires_at"] == hour(6, 8, 10)
    assert answer.json["slots"] == [
        each for each in door.free_hours(therapist) if each < hour(8, 8)
    ]
    assert door.book(OTHER_CLIENT, therapist, answer.json["slots"][0]).status_code == 201
    moved = door.post(
        CLIENT,
        f"/api/v1/appointments/{near['id']}/reschedule",
        {"starts_at": hour(8), "reschedule_token": answer.json["token"]},
    )
    assert moved.status_code == 201


def test_a_token_needs_the_present_therapist_and_a_coming_appointment(door: Door, therapist: int):
    def ask(who: int | None, practitioner_id: int):
        return door.internal("POST", TOKENS, {"practitioner_id": practitioner_id}, who=who)

    refused(ask(CLIENT, therapist), 409, "not_your_therapist")
    refused(ask(CLIENT, 999), 409, "not_your_therapist")
    booked = door.create_appointment(CLIENT, therapist, hour())
    door.post(CLIENT, f"/api/v1/appointments/{booked['id']}/cancellation", {})
    refused(ask(CLIENT, therapist), 409, "no_appointment_to_move")
    refused(ask(None, therapist), 401, "not_authenticated")
    refused(ask(THERAPIST, therapist), 403, "not_allowed")
