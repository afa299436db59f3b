"""`/api/v1/profiles`: one's own is always right, others' show what may be seen."""

from functools import partial
from typing import Any

import pytest

from profile_service.tests.factories import Siblings, account_facts, announced, event
from shared.database import Database
from shared.events.readiness import sign
from shared.testing.tokens import TokenMaker, internal_headers
from shared.testing.waiting import at_the_same_time

ME = "/api/v1/profiles/me"
REGISTERED = "auth.account.registered.v1"
CHANGED = "profile.profile.changed.v1"
OLD_DOOR = "/internal/v1/profiles/17"


@pytest.fixture
def headers(token_maker: TokenMaker) -> dict[str, str]:
    return token_maker.headers(17)


def test_somebody_who_just_registered_has_a_profile_with_all_consumers_stopped(client, headers):
    answer = client.get(ME, headers=headers)
    assert answer.status_code == 200
    assert answer.json == {
        "account_id": 17,
        "email": "person17@example.org",
        "first_name": "Anna",
        "last_name": "Kovács",
        "birth_date": None,
        "gender": None,
        "specialty": None,
        "locale": "en",
        "country": None,
        "time_zone": None,
        "is_premium": False,
        "premium_since": None,
        "progress": {"completed_stages": 0, "ratio": 0.0, "total_answers": 0},
    }


def test_a_changed_name_shows_at_once_though_the_copy_is_old(
    hear, client, headers, siblings: Siblings
):
    hear(event(REGISTERED, account_id=17, first_name="Old"))
    siblings.accounts.known[17] = account_facts(17, first_name="New", version=2)
    assert client.get(ME, headers=headers).json["first_name"] == "New"


def test_the_copy_answers_while_nobody_can_be_asked(hear, client, headers, siblings: Siblings):
    hear(
        event(REGISTERED, account_id=17, first_name="Copy"),
        event("chat.progress.changed.v1", account_id=17, completed_stages=4, ratio=0.5),
    )
    siblings.all_down()
    answer = client.get(ME, headers=headers)
    assert answer.status_code == 200
    assert answer.json["first_name"] == "Copy"
    assert answer.json["country"] == "HU"
    assert answer.json["progress"]["completed_stages"] == 4
    assert client.patch(ME, json={"gender": "F"}, headers=headers).json["gender"] == "F"


def test_without_copy_and_owner_the_service_is_unavailable(client, headers, siblings: Siblings):
    siblings.accounts.is_down = True
    answer = client.get(ME, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_changes_are_kept_and_null_clears(client, headers):
    told = {
        "birth_date": "1990-02-28",
        "gender": "X",
        "specialty": "O'Brien 👩‍👩‍👧 <b>../</b>\r\n",
        "locale": "ar",
        "country": "HU",
        "time_zone": "Asia/Dubai",
    }
    for _ in range(2):
        changed = client.patch(ME, json=told, headers=headers)
        assert changed.status_code == 200
        assert told.items() <= changed.json.items()
    assert client.patch(ME, json={}, headers=headers).json == changed.json
    cleared = client.patch(ME, json=dict.fromkeys(told), headers=headers).json
    assert cleared["locale"] == "en", "that of the account again"
    assert {cleared[name] for name in told if name != "locale"} == {None}
    assert client.get(ME, headers=headers).json == cleared


def test_what_others_speak_by_is_announced_once_a_change(
    client, headers, database: Database, siblings: Siblings
):
    client.patch(ME, json={"gender": "F"}, headers=headers)
    client.patch(ME, json={"time_zone": "Asia/Tokyo", "locale": "ru"}, headers=headers)
    client.patch(ME, json={"time_zone": "Asia/Tokyo"}, headers=headers)
    client.patch(ME, json={"locale": None}, headers=headers)
    events = announced(database)
    assert {name for name, _data in events} == {CHANGED}
    assert [(data["locale"], data["time_zone"]) for _name, data in events] == [
        ("en", None), ("ru", "Asia/Tokyo"), ("en", "Asia/Tokyo")
    ]  # fmt: skip
    versions = [data["version"] for _name, data in events]
    assert versions == sorted(set(versions))
    assert not any("gender" in data or "birth_date" in data for _name, data in events)


def test_first_changes_at_the_same_time_lose_nothing(app, client, headers, database: Database):
    bodies = [{"gender": "F"}, {"specialty": "x"}, {"country": "HU"}, {"locale": "ru"}]

    def change(body: dict) -> int:
        return app.test_client().patch(ME, json=body, headers=headers).status_code

    statuses = at_the_same_time([partial(change, body) for body in bodies])
    assert statuses == [200] * 4
    found = client.get(ME, headers=headers).json
    assert (found["gender"], found["specialty"], found["country"], found["locale"]) == (
        "F", "x", "HU", "ru"
    )  # fmt: skip
    assert announced(database)[-1][1] | {"version": 0} == {
        "account_id": 17, "locale": "ru", "country": "HU", "time_zone": None, "version": 0
    }  # fmt: skip


def test_if_match_is_honoured_and_not_needed(client, headers, database: Database):
    first = client.get(ME, headers=headers).headers["ETag"]
    for refusing in ('"older"', f"W/{first}"):
        for body in ({"gender": "F"}, {}):
            refused = client.patch(ME, json=body, headers={**headers, "If-Match": refusing})
            assert (refused.status_code, refused.json["code"]) == (412, "precondition_failed")
    assert announced(database) == []
    read = {**headers, "If-Match": f'"other", {first}'}
    changed = client.patch(ME, json={"gender": "F", "birth_date": "1990-02-28"}, headers=read)
    assert (changed.status_code, changed.json["gender"]) == (200, "F")
    seen = client.get(ME, headers=headers)
    assert seen.headers["ETag"] == changed.headers["ETag"] != first
    again = client.patch(ME, json={"gender": None, "country": "HU"}, headers=read)
    assert (again.status_code, again.json["code"]) == (412, "precondition_failed")
    assert client.get(ME, headers=headers).json == seen.json
    for going in (seen.headers["ETag"], "*"):
        sent = {**headers, "If-Match": going}
        assert client.patch(ME, json={"gender": "F"}, headers=sent).status_code == 200
    assert client.patch(ME, json={"gender": "M"}, headers=headers).json["gender"] == "M"


@pytest.mark.parametrize("is_first_touch", [True, False])
def test_of_two_editors_at_once_one_is_told(app, client, headers, is_first_touch: bool):
    if not is_first_touch:
        client.patch(ME, json={"gender": "X"}, headers=headers)
    read = {**headers, "If-Match": client.get(ME, headers=headers).headers["ETag"]}
    bodies = [{"gender": "F"}, {"specialty": "x"}, {"country": "HU"}]

    def change(body: dict) -> int:
        return app.test_client().patch(ME, json=body, headers=read).status_code

    statuses = at_the_same_time([partial(change, body) for body in bodies])
    assert sorted(statuses) == [200, 412, 412]


def test_only_what_the_person_may_change_makes_another_tag(
    hear, client, headers, siblings: Siblings
):
    siblings.accounts.known[17] = account_facts(17, country="HU", time_zone="Europe/Budapest")
    seen = client.get(ME, headers=headers)
    hear(
        event(REGISTERED, account_id=17, country="HU", time_zone="Europe/Budapest", locale="en"),
        event("chat.progress.changed.v1", account_id=17, completed_stages=4, ratio=0.5),
    )
    later = client.get(ME, headers=headers)
    assert later.json["progress"] != seen.json["progress"]
    assert later.headers["ETag"] == seen.headers["ETag"]
    read = {**headers, "If-Match": seen.headers["ETag"]}
    assert client.patch(ME, json={"gender": "F"}, headers=read).status_code == 200


def test_the_same_idempotency_key_changes_once(app, client, headers, database: Database):
    keyed = {**headers, "Idempotency-Key": "profile-1"}

    def change(locale: str):
        return app.test_client().patch(ME, json={"locale": locale}, headers=keyed)

    first = at_the_same_time([partial(change, "ru")] * 4)
    assert [(answer.status_code, answer.json["locale"]) for answer in first] == [(200, "ru")] * 4
    assert {answer.data for answer in first} == {first[0].data}
    assert sum("Idempotency-Replayed" in answer.headers for answer in first) == 3
    client.patch(ME, json={"locale": "ar"}, headers=headers)
    again = change("ru")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    reused = change("en")
    assert (reused.status_code, reused.json["code"]) == (409, "idempotency_key_reused")
    assert client.get(ME, headers=headers).json["locale"] == "ar"
    assert [data["locale"] for _name, data in announced(database)] == ["en", "ru", "ar"]


@pytest.mark.parametrize("day", ["1900-01-01", "2026-07-06", "2000-02-29"])
def test_a_birth_date_may_be_from_1900_to_today(client, headers, day: str):
    assert client.patch(ME, json={"birth_date": day}, headers=headers).json["birth_date"] == day


BAD_VALUES: dict[str, list[Any]] = {
    "birth_date": ["1899-12-31", "2026-07-07", "2101-01-01", "1990-02-30", "28.02.1990", "", 5,
                   True, [], {}, "1990-02-28T00:00:00Z", "9" * 300, "１９９０-02-28"],
    "gender": ["f", "female", "", 0, True, [], {}],
    "specialty": ["x" * 129, 5, True, [], {}],
    "locale": ["de", "EN", "", 1, []],
    "country": ["hu", "XX", "HUN", "", 36, [], {}],
    "time_zone": ["Mars/Phobos", "", "UTC+2", "../etc/passwd", 2, "x" * 999, "Factory",
                  "localtime"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "bad"), [(field, bad) for field, values in BAD_VALUES.items() for bad in values]
)
def test_a_bad_value_is_refused_by_its_field_and_nothing_changes(
    client, headers, database: Database, field: str, bad: object
):
    answer = client.patch(ME, json={"gender": "F", field: bad}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert list(answer.json["errors"]) == [field]
    assert client.get(ME, headers=headers).json["gender"] is None
    assert announced(database) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b'{"specialty": NaN}', 400), (b'{"gender":"F","gender":"M"}', 400),
     (b'{"specialty": "\\ud800"}', 400), (b"[1]", 422), (b"[" * 60_000, 400),
     (b'{"name": "x"}', 422), (b"\xff", 400), (b'"' + b"x" * 70_000 + b'"', 413)],
)  # fmt: skip
def test_an_unreadable_body_is_refused(client, headers, body: bytes, status: int):
    answer = client.patch(ME, data=body, headers=headers, content_type="application/json")
    assert answer.status_code in {status, 422 if status == 400 else status}


def test_another_media_type_is_refused(client, headers):
    answer = client.patch(ME, data="gender=F", headers=headers, content_type="text/plain")
    assert answer.status_code == 415


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_an_account_that_is_gone_has_no_profile(client, headers, siblings: Siblings, method: str):
    siblings.accounts.unknown.add(17)
    answer = client.open(ME, method=method, json={} if method == "PATCH" else None, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (404, "profile_not_found")


class TestSeenByOthers:
    @pytest.fixture(autouse=True)
    def _told(self, client, token_maker: TokenMaker) -> None:
        body = {"birth_date": "1990-02-28", "gender": "F", "specialty": "cooking"}
        client.patch(ME, json=body, headers=token_maker.headers(17))

    def _seen(self, client, headers) -> dict:
        answer = client.get("/api/v1/profiles/17", headers=headers)
        assert answer.status_code == 200
        assert set(answer.json) == {
            "account_id", "email", "first_name", "last_name", "birth_date", "gender", "specialty"
        }  # fmt: skip
        assert (answer.json["gender"], answer.json["specialty"]) == ("F", "cooking")
        return answer.json

    def _hidden(self, client, headers) -> None:
        answer = client.get("/api/v1/profiles/17", headers=headers)
        assert (answer.status_code, answer.json["code"]) == (404, "profile_not_found")
        old_door = client.get(OLD_DOOR, headers={**headers, **internal_headers()})
        assert old_door.status_code == 200
        told = ("first_name", "last_name", "email", "birth_date")
        assert [old_door.json[name] for name in told] == ["Anna", "", None, None]
        assert set(old_door.json) == {*told, "account_id", "gender", "specialty"}

    @pytest.mark.parametrize("role", ["client", "therapist"])
    def test_strangers_find_nobody_and_the_old_door_no_full_name(
        self, client, token_maker: TokenMaker, role: str
    ):
        self._hidden(client, token_maker.headers(5, role))

    def test_the_old_door_is_the_gateways_and_knows_who_exists(
        self, client, token_maker: TokenMaker, siblings: Siblings
    ):
        assert client.get(OLD_DOOR, headers=token_maker.headers(5)).status_code == 401
        assert client.get(OLD_DOOR, headers=internal_headers()).status_code == 401
        siblings.accounts.unknown.add(100)
        headers = {**token_maker.headers(5), **internal_headers()}
        assert client.get("/internal/v1/profiles/100", headers=headers).status_code == 404

    @pytest.mark.parametrize("unproven", [17, 42])
    def test_contact_data_waits_until_both_addresses_are_proven(
        self, client, hear, token_maker: TokenMaker, siblings: Siblings, unproven: int
    ):
        therapist = token_maker.headers(42, "therapist")
        siblings.booking.relations.add((17, 42))
        siblings.accounts.known[unproven] = account_facts(unproven, is_verified=False)
        for headers in (therapist, {**therapist, **internal_headers()}):
            seen = self._seen(client, headers)
            assert (seen["email"], seen["birth_date"]) == (None, None)
            assert seen["last_name"] == "Kovács"
        del siblings.accounts.known[unproven]
        assert self._seen(client, therapist)["email"] == "person17@example.org"
        siblings.accounts.is_down = True
        assert self._seen_by_copy(client, hear, therapist, unproven, is_verified=False) is None
        assert self._seen_by_copy(client, hear, therapist, unproven, is_verified=True) is not None

    def _seen_by_copy(
        self, client, hear, headers, account_id: int, *, is_verified: bool
    ) -> str | None:
        for each in (17, 42):
            told = is_verified or each != account_id
            hear(
                event(
                    REGISTERED,
                    account_id=each,
                    first_name="Anna",
                    version=5 + is_verified,
                    is_verified=told,
                    email="a@example.org",
                )
            )
        answer = client.get("/api/v1/profiles/17", headers=headers)
        assert answer.status_code == 200
        return answer.json["email"]

    @pytest.mark.parametrize(
        ("account_id", "role"), [(17, "client"), (5, "moderator"), (5, "admin")]
    )
    def test_the_person_and_staff_see_all(
        self, client, token_maker: TokenMaker, account_id: int, role: str
    ):
        seen = self._seen(client, token_maker.headers(account_id, role))
        assert (seen["email"], seen["birth_date"]) == ("person17@example.org", "1990-02-28")

    def test_the_therapist_sees_all_right_after_the_relation_began_and_nothing_right_after_it_ended(
        self, client, hear, token_maker: TokenMaker, siblings: Siblings
    ):
        therapist = token_maker.headers(42, "therapist")
        siblings.booking.relations.add((17, 42))
        assert self._seen(client, therapist)["email"] == "person17@example.org"
        hear(event("booking.care_relation.started.v1", client_id=17, practitioner_id=42))
        siblings.booking.relations.clear()
        self._hidden(client, therapist)

    def test_the_client_sees_their_therapist(
        self, client, token_maker: TokenMaker, siblings: Siblings
    ):
        siblings.booking.relations.add((5, 17))
        assert self._seen(client, token_maker.headers(5))["email"] is not None

    def test_the_copy_decides_while_booking_is_down(
        self, client, hear, token_maker: TokenMaker, siblings: Siblings
    ):
        siblings.booking.is_down = True
        therapist = token_maker.headers(42, "therapist")
        self._hidden(client, therapist)
        hear(event("booking.care_relation.started.v1", client_id=17, practitioner_id=42))
        assert self._seen(client, therapist)["email"] is not None
        self._hidden(client, token_maker.headers(43, "therapist"))
        hear(event("booking.care_relation.ended.v1", client_id=17, practitioner_id=42))
        self._hidden(client, therapist)

    def test_being_listed_makes_no_contact_data_visible(
        self, client, hear, token_maker: TokenMaker, siblings: Siblings
    ):
        hear(event("booking.practitioner.published.v1", practitioner_id=17))
        siblings.booking.listed.add(17)
        seen = self._seen(client, token_maker.headers(5))
        assert (seen["email"], seen["birth_date"], seen["last_name"]) == (None, None, "Kovács")


def test_an_account_nobody_heard_of_is_asked_for_before_saying_no(
    client, headers, siblings: Siblings
):
    siblings.booking.listed.add(99)
    assert client.get("/api/v1/profiles/99", headers=headers).status_code == 200
    siblings.accounts.unknown.add(100)
    answer = client.get("/api/v1/profiles/100", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (404, "profile_not_found")


@pytest.mark.parametrize("account_id", ["x", "-1", "9007199254740993", "9" * 60, "1.0"])
def test_an_id_that_is_none_is_not_found(client, headers, account_id: str):
    for path in (f"/api/v1/profiles/{account_id}", f"/api/v1/profiles/{account_id}/picture"):
        assert client.get(path, headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ME), ("PATCH", ME), ("GET", "/api/v1/profiles/17"), ("PUT", f"{ME}/picture"),
     ("GET", f"{ME}/picture"), ("DELETE", f"{ME}/picture"), ("GET", "/api/v1/profiles/17/picture"),
     ("POST", "/api/v1/memberships"), ("GET", "/api/v1/memberships/me")],
)  # fmt: skip
def test_nothing_is_told_without_a_good_token(client, token_maker, method: str, path: str):
    assert client.open(path, method=method).json["code"] == "not_authenticated"
    forged = {"Authorization": f"Bearer {TokenMaker().token(17)}"}
    assert client.open(path, method=method, headers=forged).json["code"] == "invalid_token"
    expired = token_maker.headers(17, expires_in_seconds=-(86400 * 365))
    assert client.open(path, method=method, headers=expired).json["code"] == "token_expired"


def test_the_openapi_document_describes_every_operation(client):
    paths = client.get("/openapi.json").json["paths"]
    assert set(paths) == {
        ME, "/api/v1/profiles/{account_id}", f"{ME}/picture", "/internal/v1/profiles/{account_id}",
        "/api/v1/profiles/{account_id}/picture", "/api/v1/pictures/{account_id}",
        "/api/v1/memberships", "/api/v1/memberships/me",
    }  # fmt: skip
    body = paths[f"{ME}/picture"]["put"]["requestBody"]["content"]
    assert set(body) == {"multipart/form-data", "application/octet-stream"}


def test_the_service_is_ready_on_a_migrated_database_beside_a_worker(client, database, clock):
    sign(database, clock, instance="one", has_broker=True)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "ready")
