"""The journey of the therapist-matching front end: register, choose, book, move; both sides are
told.
"""

from shared.testing.waiting import eventually
from tests.people import MatchingClient, Place, Therapist, nth_slot

USERDATA = {
    "user_age": 30,
    "user_experience": True,
    "user_isindividual": True,
    "user_filters": "10, 11, 24",
    "user_sex_preference": 2,
    "user_time_preference": 0,
    "user_selected_time": None,
    "user_cash_preference": 3,
}


def test_a_client_finds_books_and_moves(place: Place, therapist: Therapist) -> None:
    client = MatchingClient(place).register()
    assert client.post("/userdata", **USERDATA) == {"status": True}

    listed = client.post("/select_therapist")
    assert listed["status"] is True
    mine = [entry for entry in listed["data"] if entry["psy_id"] == therapist.id]
    assert mine, "the published therapist is offered"
    assert mine[0]["psy_name"] == therapist.name
    assert mine[0]["psy_session_type"] == "Индивидуальная"
    assert mine[0]["psy_session_time"] == "50 минут"
    assert mine[0]["psy_session_cost"] == 10000
    assert mine[0]["psy_time_slots"] == client.free_hours(therapist)

    first = nth_slot(client.free_hours(therapist), 0)
    assert client.choose(therapist, first)["status"] is True
    assert client.choose(therapist, first)["status"] is True, "the same hour again changes nothing"
    room = client.post("/client_lk")
    assert room["psy_id"] == therapist.id
    assert room["psy_time_slots"] == first

    begun = client.post("/re_sheldure", psy_id=therapist.id)
    assert begun["status"] is True
    assert begun["time_token"]
    second = nth_slot(begun["psy_time_slots"], 3)
    moved = client.post(
        "/re_sheldure", psy_id=therapist.id, psy_time_slots=second, time_token=begun["time_token"]
    )
    assert moved["status"] is True, moved
    assert client.post("/client_lk")["psy_time_slots"] == second
    label, hour = next(iter(first.items()))
    assert hour in client.free_hours(therapist)[label], "the old hour is free again"


def test_both_sides_are_told_by_notification_and_mail(place: Place, therapist: Therapist) -> None:
    client = MatchingClient(place).join()
    place.prove(therapist)
    slots = client.free_hours(therapist)
    for count, slot in ((1, 1), (2, 4)):  # the second mail would overtake the first
        assert client.choose(therapist, nth_slot(slots, slot))["status"] is True
        for email in (client.email, therapist.email):
            place.mail_to(email, lambda mail: mail.has_calendar, count)
    notices = eventually(lambda: _notices(place, client), within_seconds=80)
    assert notices == {"alert": 2}, "booked and moved, each once"


def _notices(place: Place, client: MatchingClient) -> dict[str, int] | None:
    answer = place.call("GET", "/api/v1/notifications", token=client.session)
    assert answer.status_code == 200, answer.text
    kinds = [item["kind"] for item in answer.json()["items"]]
    return {"alert": kinds.count("alert")} if kinds.count("alert") >= 2 else None


def test_a_taken_hour_is_refused_and_nothing_changes(place: Place, therapist: Therapist) -> None:
    winner, loser = MatchingClient(place).register(), MatchingClient(place).register()
    slot = nth_slot(winner.free_hours(therapist), 2)
    assert winner.choose(therapist, slot)["status"] is True
    refused = loser.choose(therapist, slot)
    assert refused == {"status": False, "error": "This time is not available"}
    assert loser.post("/client_lk")["psy_id"] is None
    assert winner.post("/client_lk")["psy_time_slots"] == slot


def test_login_answers_a_session_and_a_wrong_password_an_empty_one(place: Place) -> None:
    client = MatchingClient(place).register()
    body = {"user_mail": client.email, "password": client.password}
    good = place.call("POST", "/login", body)
    assert good.status_code == 200
    assert good.json()["status"] is True
    bad = place.call("POST", "/login", {**body, "password": "wrong"})
    assert bad.status_code == 200
    assert bad.json() == {
        "status": False, "session": "", "error": "login error: incorrect email/password"
    }  # fmt: skip
    again = place.call("POST", "/registration", {"user_name": "V", **body})
    assert again.json()["error"] == "registration error, user exists"
