"""Public records: writing, listing, withdrawing, and who sees which."""

import re
from collections.abc import Callable

import pytest

from booking_service.tests.factories import (
    CLIENT,
    OTHER_CLIENT,
    OTHER_THERAPIST,
    STAFF,
    THERAPIST,
    Door,
    StandInAccounts,
    hour,
    practitioner_body,
    refused,
)
from shared.testing.waiting import at_the_same_time

PATH = f"/api/v1/practitioners/{THERAPIST}"


@pytest.fixture(autouse=True)
def known_therapist(accounts: StandInAccounts) -> None:
    accounts.add(THERAPIST, "Anna", "Kovács", "therapist")


def test_staff_write_a_record_that_is_not_listed_yet(door: Door):
    answer = door.put(STAFF, PATH, practitioner_body())

    assert answer.status_code == 201
    assert answer.json == {
        "id": THERAPIST,
        "name": "Anna Kovács",
        "photo_url": f"http://127.0.0.1:8000/api/v1/pictures/{THERAPIST}",
        "information": {"ru": "О себе", "en": "About me"},
        "education": "University",
        "therapy_types": ["individual"],
        "methods": [2, 4],
        "topics": [3, 5],
        "languages": ["ru", "en"],
        "gender": "woman",
        "session_minutes": 50,
        "price_minor_units": 1_600_000,
        "currency": "HUF",
        "time_zone": "UTC",
        "is_published": False,
        "settings": {
            "minimum_notice_minutes": 120,
            "free_cancellation_minutes": 720,
            "hard_limit_minutes": None,
            "booking_window_days": 60,
            "buffer_minutes": 10,
            "maximum_coming_per_client": 3,
        },
    }
    refused(door.get(CLIENT, PATH), 404, "practitioner_not_found")


def test_a_record_written_again_is_replaced_as_a_whole(door: Door):
    door.put(STAFF, PATH, practitioner_body(topics=[1, 2], settings={"buffer_minutes": 20}))

    answer = door.put(STAFF, PATH, practitioner_body(name={"ru": "Анна", "en": "Anna"}))

    assert answer.status_code == 200
    assert answer.json["topics"] == [3, 5]
    assert answer.json["settings"]["buffer_minutes"] == 10
    assert answer.json["name"] == {"ru": "Анна", "en": "Anna"}


def test_a_missing_zone_is_the_services_at_first_and_stays_afterwards(door: Door):
    body = practitioner_body()
    del body["time_zone"]

    assert door.put(STAFF, PATH, body).json["time_zone"] == "Europe/Budapest"
    door.put(STAFF, PATH, practitioner_body(time_zone="Asia/Almaty"))
    assert door.put(STAFF, PATH, body).json["time_zone"] == "Asia/Almaty"


def test_only_staff_write_and_list_records(door: Door):
    door.put(STAFF, PATH, practitioner_body())

    for who in (CLIENT, THERAPIST):
        refused(door.put(who, PATH, practitioner_body()), 403, "not_allowed")
        refused(door.put(who, f"{PATH}/publication"), 403, "not_allowed")
        refused(door.delete(who, f"{PATH}/publication"), 403, "not_allowed")
    refused(door.put(None, PATH, practitioner_body()), 401, "not_authenticated")


def test_a_record_needs_a_therapists_account(door: Door, accounts: StandInAccounts):
    accounts.add(700, "Not", "Therapist", "client")

    refused(
        door.put(STAFF, "/api/v1/practitioners/700", practitioner_body()),
        409,
        "account_is_not_therapist",
    )
    refused(
        door.put(STAFF, "/api/v1/practitioners/701", practitioner_body()), 404, "account_not_found"
    )


def test_a_record_cannot_be_written_while_auth_is_down_and_nothing_is_known(
    door: Door, accounts: StandInAccounts
):
    accounts.is_down = True

    answer = door.put(STAFF, PATH, practitioner_body())

    refused(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"therapy_types": []}, "therapy_types"),
        ({"therapy_types": ["group"]}, "therapy_types.0"),
        ({"topics": [29]}, "topics.0"),
        ({"methods": [17]}, "methods.0"),
        ({"languages": ["de"]}, "languages.0"),
        ({"gender": "F"}, "gender"),
        ({"session_minutes": 55}, "session_minutes"),
        ({"settings": {"buffer_minutes": 5}}, "settings.buffer_minutes"),
        ({"price_minor_units": -1}, "price_minor_units"),
        ({"price_minor_units": 2**40}, "price_minor_units"),
        *(
            ({"currency": code}, "currency")
            for code in ("huf", "ABC", "XAU", "XXX", "DEM", "EU", 5)
        ),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"name": {"de": "Anna"}}, "name"),
        ({"information": {"ru": 5}}, "information"),
        ({"is_published": True}, "is_published"),
    ],
)
def test_a_bad_field_is_named(door: Door, changes: dict, field: str):
    answer = door.put(STAFF, PATH, practitioner_body(**changes))

    refused(answer, 422, "invalid_request")
    assert field in answer.json["errors"]


def test_publishing_lists_the_therapist_and_is_announced_once(
    door: Door, announced: Callable[[], list[dict]]
):
    door.put(STAFF, PATH, practitioner_body())

    assert door.put(STAFF, f"{PATH}/publication").json["is_published"] is True
    assert door.put(STAFF, f"{PATH}/publication").status_code == 200

    assert door.get(CLIENT, PATH).status_code == 200
    events = announced()
    assert [each["type"] for each in events] == ["booking.practitioner.published.v1"]
    assert events[0]["subject"] == f"practitioner/{THERAPIST}"
    assert (events[0]["name"], events[0]["time_zone"]) == ("Anna Kovács", "UTC")


def test_a_changed_listed_record_is_announced_again_with_a_higher_version(
    door: Door, announced: Callable[[], list[dict]]
):
    door.put(STAFF, PATH, practitioner_body())
    door.put(STAFF, f"{PATH}/publication")

    door.put(STAFF, PATH, practitioner_body(name="Anna K."))
    door.put(STAFF, PATH, practitioner_body(name="Anna K."))

    events = announced()
    assert [each["name"] for each in events] == ["Anna Kovács", "Anna K."]
    assert events[0]["version"] < events[1]["version"]


def test_withdrawing_takes_off_the_list_and_leaves_appointments(
    door: Door, announced: Callable[[], list[dict]]
):
    therapist = door.create_therapist(THERAPIST)
    booked = door.create_appointment(CLIENT, therapist, hour())

    answer = door.delete(STAFF, f"{PATH}/publication")
    door.delete(STAFF, f"{PATH}/publication")

    assert answer.json["is_published"] is False
    assert door.get(CLIENT, f"/api/v1/appointments/{booked['id']}").json["state"] == "booked"
    types = [each["type"] for each in announced()]
    assert types.count("booking.practitioner.withdrawn.v1") == 1
    refused(door.get(OTHER_CLIENT, PATH), 404, "practitioner_not_found")
    assert door.get(CLIENT, PATH).status_code == 200, "one's present therapist stays visible"
    refused(door.book(OTHER_CLIENT, therapist, hour(8)), 404, "practitioner_not_found")
    assert door.book(CLIENT, therapist, hour(8)).status_code == 201


def test_the_list_is_paged_filtered_and_shows_staff_everybody(door: Door):
    first = door.create_therapist(topics=[1, 11], languages=["ru"])
    second = door.create_therapist(topics=[11], gender="man", therapy_types=["couple"])
    hidden = door.create_therapist(topics=[11], is_published=False)

    def listed(who: int, query: str = "") -> list[int]:
        answer = door.get(who, f"/api/v1/practitioners{query}")
        return [each["id"] for each in answer.json["items"]]

    assert listed(CLIENT) == [first, second]
    assert listed(STAFF) == [first, second, hidden]
    assert listed(hidden) == [first, second, hidden], "one sees one's own record"
    assert listed(CLIENT, "?topic=1") == [first], "1 is not found inside 11"
    assert listed(CLIENT, "?topic=11") == [first, second]
    assert listed(CLIENT, "?language=en") == [second]
    assert listed(CLIENT, "?therapy_type=couple") == [second]
    assert listed(CLIENT, "?gender=woman") == [first]
    assert listed(CLIENT, "?method=4") == [first, second]


def test_the_list_goes_on_behind_an_id(door: Door):
    made = [door.create_therapist() for _ in range(5)]
    found, path = list[int](), "/api/v1/practitioners?limit=2"
    while True:
        answer = door.get(CLIENT, path)
        found += [each["id"] for each in answer.json["items"]]
        if answer.json["next"] is None:
            assert "Link" not in answer.headers
            break
        link = re.fullmatch('<(.+)>; rel="next"', answer.headers["Link"])
        assert link is not None
        assert f"cursor={answer.json['next']}" in link[1]
        path = link[1]
    assert found == made


def test_everybody_sees_who_is_listed_and_what_is_free(door: Door, therapist: int):
    hidden = door.create_therapist(is_published=False)
    client = door.app.test_client()
    record = door.get(None, f"/api/v1/practitioners/{therapist}")
    listed = door.get(None, "/api/v1/practitioners")
    slots = door.get(None, f"/api/v1/practitioners/{therapist}/slots")

    assert [each["id"] for each in listed.json["items"]] == [therapist]
    assert record.json == listed.json["items"][0]
    assert slots.json["items"]
    for answer, seconds in ((record, 60), (listed, 60), (slots, 15)):
        assert answer.headers["Cache-Control"] == f"public, max-age={seconds}"
        assert "Authorization" in answer.headers["Vary"]
        etag = {"If-None-Match": answer.headers["ETag"]}
        again = client.get(answer.request.path, headers=etag)
        assert (again.status_code, again.get_data()) == (304, b"")
    for path in ("", "/slots"):
        refused(client.get(f"/api/v1/practitioners/{hidden}{path}"), 404, "practitioner_not_found")
    refused(client.get(f"/api/v1/practitioners/{therapist}/calendar"), 401, "not_authenticated")


def test_what_somebody_is_told_who_shows_a_token_nobody_keeps(door: Door, therapist: int):
    for path in ("", f"/{therapist}", f"/{therapist}/slots"):
        answer = door.get(STAFF, f"/api/v1/practitioners{path}")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Authorization" in answer.headers["Vary"]


def test_accept_language_chooses_as_locale_does(door: Door):
    therapist = door.create_therapist(name={"ru": "Анна", "en": "Anna"})
    path = f"/api/v1/practitioners/{therapist}"

    def name(languages: str | None, query: str = "") -> object:
        headers = {} if languages is None else {"Accept-Language": languages}
        answer = door.call("GET", None, f"{path}{query}", headers=headers)
        assert ("Accept-Language" in answer.headers["Vary"]) is not bool(query)
        return answer.json["name"]

    assert name("ru-RU,en;q=0.5") == "Анна"
    assert name("hu, en;q=0.8, ru;q=0.9") == "Анна"
    assert name("ar") == "Anna", "what is not there in Arabic is there in English"
    assert name("ru", "?locale=en") == "Anna"
    for nothing_of_ours in (None, "hu", "*", "", "ru;q=0", ";;;", "\u0669"):
        assert name(nothing_of_ours) == {"ru": "Анна", "en": "Anna"}


def test_texts_are_answered_in_the_language_asked_for(door: Door):
    therapist = door.create_therapist(name={"ru": "Анна", "en": "Anna"})
    path = f"/api/v1/practitioners/{therapist}"

    russian = door.get(CLIENT, f"{path}?locale=ru").json
    arabic = door.get(CLIENT, f"{path}?locale=ar").json

    assert (russian["name"], russian["information"]) == ("Анна", "О себе")
    assert (arabic["name"], arabic["information"]) == ("Anna", "About me")
    assert arabic["education"] == "University"
    refused(door.get(CLIENT, f"{path}?locale=xx"), 422, "invalid_request")


def test_two_staff_members_writing_the_first_record_at_once_make_one(door: Door):
    answers = at_the_same_time(
        [lambda: door.put(STAFF, PATH, practitioner_body()) for _ in range(6)]
    )

    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] * 5 + [201]


def test_the_calendar_shows_coming_appointments_with_names_to_the_therapist_and_staff(
    door: Door, accounts: StandInAccounts
):
    therapist = door.create_therapist(THERAPIST)
    accounts.add(CLIENT, "Ирина", "Белова", "client")
    booked = door.create_appointment(CLIENT, therapist, hour())

    for who in (THERAPIST, STAFF):
        answer = door.get(who, f"{PATH}/calendar").json
        assert answer["time_zone"] == "UTC"
        assert [(each["id"], each["client_name"]) for each in answer["items"]] == [
            (booked["id"], "Ирина Белова")
        ]
    for who in (CLIENT, OTHER_THERAPIST):
        refused(door.get(who, f"{PATH}/calendar"), 403, "not_allowed")


def test_the_calendar_stands_without_names_while_auth_is_down(
    door: Door, accounts: StandInAccounts
):
    therapist = door.create_therapist(THERAPIST)
    door.create_appointment(CLIENT, therapist, hour())
    accounts.is_down = True

    items = door.get(THERAPIST, f"{PATH}/calendar").json["items"]

    assert [each["client_name"] for each in items] == [None]


@pytest.mark.parametrize("number", [str(2**53 + 1), "9" * 30, "0", "x", "-1"])
def test_an_id_nobody_can_have_is_not_found(door: Door, number: str):
    assert door.get(CLIENT, f"/api/v1/practitioners/{number}").status_code == 404
    assert door.put(STAFF, f"/api/v1/practitioners/{number}/publication").status_code == 404


def test_a_record_that_exists_is_written_by_who_read_its_present_state(door: Door, therapist: int):
    path = f"/api/v1/practitioners/{therapist}"
    tag = {"If-Match": door.get(STAFF, path).headers["ETag"]}
    body = practitioner_body(education="Academy")

    refused(door.call("PUT", STAFF, path, body), 428, "precondition_required")
    assert door.call("PUT", STAFF, path, body, headers=tag).json["education"] == "Academy"
    refused(door.call("PUT", STAFF, path, body, headers=tag), 412, "precondition_failed")
    door.accounts.add(777, "Eva", "Nagy", "therapist")
    new = "/api/v1/practitioners/777"
    refused(door.call("PUT", STAFF, new, body, headers=tag), 412, "precondition_failed")
    assert door.call("PUT", STAFF, new, body).status_code == 201
