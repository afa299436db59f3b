"""Logging in and out, listing login sessions, refreshing."""

from functools import partial

import jwt
import pytest

from auth_service.domain.password_hashing import PasswordHashing
from auth_service.models.accounts import Account
from auth_service.tests.factories import OTHER_PASSWORD, Person, bearer
from shared.testing.tokens import internal_headers
from shared.testing.waiting import at_the_same_time


def identity_of(app, token):
    return app.extensions["hearth"].verifier.verify(token)


def refresh(client, token, headers=None):
    body = {"refresh_token": token}
    return client.post("/api/v1/login-sessions/refresh", json=body, headers=headers)


def given_role(client, token_maker, person, role):
    person.logged_in()
    admin = token_maker.headers(10**6, "admin")
    url = f"/api/v1/accounts/{person.id}/role"
    assert client.put(url, json={"role": role}, headers=admin).status_code == 200


def without_request_id(answer):
    return {key: value for key, value in answer.json.items() if key != "request_id"}


def test_a_login_gives_a_token_that_says_who_it_is(app, person):
    answer = person.logged_in()
    identity = identity_of(app, answer["access_token"])
    assert identity.account_id == answer["account"]["id"]
    assert identity.role == "client"
    assert identity.is_verified
    assert answer["refresh_token"]
    assert answer["expires_at"] == "2026-07-06T08:15:00.000000Z"
    assert answer["account"]["email"] == person.email
    assert not [key for key in answer["account"] if "hash" in key]


@pytest.mark.parametrize(
    ("door", "expires_at"),
    [
        ("wellbeing", "2026-07-11T08:00:00.000000Z"),
        ("accounts", "2026-07-07T08:00:00.000000Z"),
        ("matching", "2026-08-05T08:00:00.000000Z"),
    ],
)
def test_a_login_through_an_older_system_gives_one_long_token(app, person, door, expires_at):
    answer = person.log_in_through(door)
    assert answer.status_code == 201
    assert answer.json["expires_at"] == expires_at
    assert answer.json["refresh_token"] is None
    assert identity_of(app, answer.json["access_token"]).is_verified


@pytest.mark.parametrize("role", ["therapist", "moderator", "admin"])
@pytest.mark.parametrize("door", ["wellbeing", "accounts", "matching"])
def test_no_token_of_a_therapist_or_of_staff_lives_longer_than_twelve_hours(
    app, client, person, token_maker, door, role
):
    given_role(client, token_maker, person, role)
    answer = person.log_in_through(door).json
    assert answer["expires_at"] == "2026-07-06T20:00:00.000000Z"
    identity = identity_of(app, answer["access_token"])
    assert identity.expires_at == 1783368000
    assert identity.role == role


def test_a_refresh_token_of_staff_lives_twelve_hours_and_anew_with_each_exchange(
    client, clock, person, token_maker
):
    given_role(client, token_maker, person, "moderator")
    token = person.logged_in()["refresh_token"]
    for _ in range(2):
        clock.advance(hours=11)
        answer = refresh(client, token)
        assert answer.status_code == 201
        token = answer.json["refresh_token"]
    clock.advance(hours=12)
    assert refresh(client, token).status_code == 401


@pytest.mark.parametrize(
    ("role", "word"),
    [("client", "user"), ("therapist", "user"), ("moderator", "moderator"), ("admin", "admin")],
)
def test_the_claim_role_speaks_the_words_of_accounts_there_and_ours_elsewhere(
    app, client, person, token_maker, role, word
):
    if role != "client":
        given_role(client, token_maker, person, role)
    said = {"accounts": word, "matching": role, "wellbeing": role}
    for door, expected in said.items():
        token = person.log_in_through(door).json["access_token"]
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["role"], claims["hearth_role"]) == (expected, role)
        assert identity_of(app, token).role == role


@pytest.fixture
def marked(app, client, database, person, token_maker):
    """Give a therapist whose password was accepted for an old client."""
    given_role(client, token_maker, person, "therapist")

    def mark(session):
        session.get(Account, person.id).must_change_password = True

    database.writing(mark)
    return person


def test_who_must_change_the_password_may_do_nothing_else(client, marked):
    headers = marked.headers()
    changes = {
        "get": ["/api/v1/accounts/me", f"/api/v1/accounts/{marked.id}", "/api/v1/accounts"],
        "patch": [f"/api/v1/accounts/{marked.id}"],
        "post": ["/api/v1/accounts/me/email-changes"],
    }
    for method, paths in changes.items():
        for path in paths:
            answer = client.open(path, method=method.upper(), json={}, headers=headers)
            assert (answer.status_code, answer.json["code"]) == (403, "password_change_required")
    assert client.get("/api/v1/login-sessions", headers=headers).status_code == 200
    body = {"old_password": marked.password, "new_password": OTHER_PASSWORD}
    url = "/api/v1/accounts/me/password"
    assert client.put(url, json=body, headers=headers).status_code == 204
    marked.password = OTHER_PASSWORD
    assert client.get("/api/v1/accounts/me", headers=marked.headers()).status_code == 200


def test_who_must_change_the_password_may_log_out(client, marked):
    headers = marked.headers()
    answer = client.delete("/api/v1/login-sessions/current", headers=headers)
    assert answer.status_code == 204


@pytest.mark.parametrize("door", ["wellbeing", "accounts", "matching"])
def test_an_older_systems_token_says_that_the_password_must_be_changed(app, client, marked, door):
    token = marked.log_in_through(door).json["access_token"]
    assert identity_of(app, token).duty == "change_password"
    headers = {**bearer(token), **internal_headers()}
    url = f"/internal/v1/accounts/{marked.id}/password"
    weak = {"old_password": marked.password, "new_password": "password", "accept_weak": True}
    assert client.put(url, json=weak, headers=headers).status_code == 422
    body = {**weak, "new_password": OTHER_PASSWORD}
    assert client.put(url, json=body, headers=headers).status_code == 204


def test_a_client_with_a_weak_password_is_not_hindered(app, client, post):
    anna = Person(client, post, password="password")
    token = anna.open_through("accounts").json["access_token"]
    assert identity_of(app, token).duty is None
    assert client.get("/api/v1/accounts/me", headers=bearer(token)).status_code == 200


def test_an_unproved_address_is_told_so_only_after_the_right_password(client, post):
    unproved = Person(client, post).registered()
    refused = unproved.log_in_through("wellbeing", require_verified=True)
    assert (refused.status_code, refused.json["code"]) == (403, "email_not_verified")
    assert unproved.log_in_through("matching").status_code == 201
    unproved.password = OTHER_PASSWORD
    refused = unproved.log_in_through("wellbeing", require_verified=True)
    assert (refused.status_code, refused.json["code"]) == (401, "invalid_credentials")


def test_unknown_wrong_and_locked_answer_alike(client, post, person, token_maker):
    person.logged_in()
    admin = token_maker.headers(10**6, "admin")
    answers = [
        person.log_in("wrong password"),
        Person(client, post, "nobody@example.org").log_in(),
    ]
    assert client.put(f"/api/v1/accounts/{person.id}/lock", headers=admin).status_code == 204
    answers.append(person.log_in())
    assert {answer.status_code for answer in answers} == {401}
    first, *others = [without_request_id(answer) for answer in answers]
    assert first["code"] == "invalid_credentials"
    assert others == [first, first]


def test_an_expired_token_beside_the_password_does_not_hinder_a_login(person, token_maker):
    stale = token_maker.headers(1, expires_in_seconds=-(10**9))
    assert person.log_in(headers=stale).status_code == 201


def test_a_login_is_never_kept_for_an_idempotency_key(person):
    key = {"Idempotency-Key": "same"}
    first, second = person.log_in(headers=key), person.log_in(headers=key)
    assert first.json["access_token"] != second.json["access_token"]


def test_logging_out_ends_the_token_on_the_very_next_request(app, client, person, ended_sessions):
    token = person.logged_in()["access_token"]
    login_session_id = identity_of(app, token).login_session_id
    assert not ended_sessions.has_ended(login_session_id)
    for _twice in range(2):
        ended = client.delete("/api/v1/login-sessions/current", headers=bearer(token))
        assert ended.status_code == 204
        assert ended_sessions.has_ended(login_session_id)
    listed = client.get("/internal/v1/ended-login-sessions", headers=internal_headers()).json
    assert listed["items"] == [
        {"sid": login_session_id, "expires_at": "2026-07-06T08:15:00.000000Z"}
    ]


def test_the_list_of_ended_login_sessions_forgets_what_has_expired(client, clock, person):
    client.delete("/api/v1/login-sessions/current", headers=person.headers())
    clock.advance(minutes=16)
    listed = client.get("/internal/v1/ended-login-sessions", headers=internal_headers()).json
    assert listed["items"] == []


def test_only_the_gateway_reads_the_list_of_ended_login_sessions(client, person):
    for headers in ({}, person.headers(), {"X-Internal-Key": "wrong"}):
        answer = client.get("/internal/v1/ended-login-sessions", headers=headers)
        assert answer.status_code == 401


def test_a_token_without_a_login_session_dies_all_the_same(client, token_maker, ended_sessions):
    token = token_maker.headers(7, session_id="a-development-token")
    assert client.delete("/api/v1/login-sessions/current", headers=token).status_code == 204
    assert ended_sessions.has_ended("a-development-token")


def test_a_person_lists_and_ends_their_own_login_sessions(app, client, person, ended_sessions):
    phone = client.post(
        "/api/v1/login-sessions",
        json={"email": person.email, "password": person.password, "device": "my phone"},
        headers={"X-Forwarded-For": "203.0.113.9"},
    ).json
    here = person.headers()
    items = client.get("/api/v1/login-sessions", headers=here).json["items"]
    assert [item["is_current"] for item in items].count(True) == 1
    other = next(item for item in items if not item["is_current"])
    assert other == {
        "id": identity_of(app, phone["access_token"]).login_session_id,
        "device": "my phone",
        "address": "203.0.113.9",
        "opened_through": "api",
        "created_at": "2026-07-06T08:00:00.000000Z",
        "last_seen_at": "2026-07-06T08:00:00.000000Z",
        "is_current": False,
    }
    assert client.delete(f"/api/v1/login-sessions/{other['id']}", headers=here).status_code == 204
    assert ended_sessions.has_ended(other["id"])
    left = client.get("/api/v1/login-sessions", headers=here).json["items"]
    assert [item["is_current"] for item in left] == [True]


def test_ending_all_others_leaves_this_one_and_everybody_elses(
    app, client, post, person, ended_sessions
):
    stranger = Person(client, post, "boris@example.org").registered()
    theirs = identity_of(app, stranger.logged_in()["access_token"]).login_session_id
    others = [identity_of(app, person.logged_in()["access_token"]).login_session_id for _ in "ab"]
    here = person.headers()
    for _twice in range(2):
        assert client.delete("/api/v1/login-sessions", headers=here).status_code == 204
        assert all(ended_sessions.has_ended(one) for one in others)
        left = client.get("/api/v1/login-sessions", headers=here).json["items"]
        assert [item["is_current"] for item in left] == [True]
    assert not ended_sessions.has_ended(theirs)
    assert client.delete("/api/v1/login-sessions").status_code == 401


def test_all_others_ended_at_the_same_time_leave_one_login_session_at_most(
    app, client, person, ended_sessions
):
    headers = [person.headers() for _ in range(4)]
    path = "/api/v1/login-sessions"
    answers = at_the_same_time(
        [partial(app.test_client().delete, path, headers=one) for one in headers]
    )
    assert {answer.status_code for answer in answers} == {204}
    lists = [client.get("/api/v1/login-sessions", headers=one).json["items"] for one in headers]
    assert len(lists[0]) <= 1


def test_nobody_ends_or_lists_another_persons_login_sessions(app, client, post, person):
    theirs = identity_of(app, person.logged_in()["access_token"]).login_session_id
    stranger = Person(client, post, "boris@example.org").registered().headers()
    answer = client.delete(f"/api/v1/login-sessions/{theirs}", headers=stranger)
    assert (answer.status_code, answer.json["code"]) == (404, "login_session_not_found")
    assert len(client.get("/api/v1/login-sessions", headers=stranger).json["items"]) == 1
    unknown = client.delete("/api/v1/login-sessions/no-such-thing", headers=stranger)
    assert unknown.status_code == 404


def test_a_refresh_token_is_exchanged_once_for_a_new_pair(app, client, clock, person):
    first = person.logged_in()
    clock.advance(days=29)
    second = refresh(client, first["refresh_token"])
    assert second.status_code == 201
    assert second.json["refresh_token"] != first["refresh_token"]
    assert second.json["expires_at"] == "2026-08-04T08:15:00.000000Z"
    before, after = (
        identity_of(app, second.json["access_token"]).login_session_id,
        client.get("/api/v1/login-sessions", headers=bearer(second.json["access_token"])).json,
    )
    assert [item["id"] for item in after["items"]] == [before]


@pytest.mark.parametrize("seconds", [0, 30])
def test_a_lost_answer_is_fetched_again_by_the_same_client(app, client, clock, person, seconds):
    first = person.logged_in()
    second = refresh(client, first["refresh_token"])
    clock.advance(seconds=seconds)
    again = refresh(client, first["refresh_token"])
    assert again.status_code == 201
    assert again.json["refresh_token"] == second.json["refresh_token"]
    identities = [identity_of(app, answer.json["access_token"]) for answer in (second, again)]
    assert len({identity.login_session_id for identity in identities}) == 1
    assert refresh(client, again.json["refresh_token"]).status_code == 201


def _later(client, clock, first):
    clock.advance(seconds=31)
    return refresh(client, first)


def _from_another_network(client, clock, first):
    return refresh(client, first, {"X-Forwarded-For": "203.0.113.9"})


def _from_another_device(client, clock, first):
    return refresh(client, first, {"User-Agent": "another browser"})


def _after_the_next_was_used(client, clock, first):
    following = refresh(client, first).json["refresh_token"]
    assert refresh(client, following).status_code == 201
    return refresh(client, first)


@pytest.mark.parametrize(
    "comes_again", [_later, _from_another_network, _from_another_device, _after_the_next_was_used]
)
def test_a_refresh_token_that_comes_again_ends_the_login_session(
    app, client, clock, person, ended_sessions, comes_again
):
    first = person.logged_in()
    second = refresh(client, first["refresh_token"]).json
    stolen = comes_again(client, clock, first["refresh_token"])
    assert (stolen.status_code, stolen.json["code"]) == (401, "invalid_refresh_token")
    assert ended_sessions.has_ended(identity_of(app, first["access_token"]).login_session_id)
    assert refresh(client, second["refresh_token"]).status_code == 401


def test_the_network_of_an_ipv6_client_is_one_client(client, person):
    token = person.logged_in()["refresh_token"]
    answers = [
        refresh(client, token, {"X-Forwarded-For": address})
        for address in ("2001:db8:1:2::3", "2001:db8:1:2:ffff::4")
    ]
    assert [answer.status_code for answer in answers] == [201, 201]


def test_one_refresh_token_used_at_the_same_time_by_one_client_gives_one_token(app, person):
    token = person.logged_in()["refresh_token"]
    answers = at_the_same_time([lambda: refresh(app.test_client(), token) for _ in range(10)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["refresh_token"] for answer in answers}) == 1


def test_one_refresh_token_used_at_the_same_time_by_many_clients_has_one_winner_at_most(
    app, person
):
    token = person.logged_in()["refresh_token"]
    works = [
        partial(refresh, app.test_client(), token, {"User-Agent": f"browser {number}"})
        for number in range(10)
    ]
    statuses = sorted(answer.status_code for answer in at_the_same_time(works))
    assert statuses == [201] + [401] * 9


def test_however_often_it_is_refreshed_a_login_ends_after_ninety_days(client, clock, person):
    token = person.logged_in()["refresh_token"]
    for _ in range(4):
        clock.advance(days=20)
        token = refresh(client, token).json["refresh_token"]
    clock.advance(days=9, hours=23, minutes=50)
    last = refresh(client, token)
    assert last.json["expires_at"] == "2026-10-04T08:00:00.000000Z"
    clock.advance(minutes=10)
    assert refresh(client, last.json["refresh_token"]).status_code == 401


def test_a_refresh_token_dies_with_its_time(client, clock, person):
    token = person.logged_in()["refresh_token"]
    clock.advance(days=30, seconds=1)
    assert refresh(client, token).status_code == 401


def test_an_unknown_refresh_token_is_refused(client):
    answer = refresh(client, "x" * 43)
    assert (answer.status_code, answer.json["code"]) == (401, "invalid_refresh_token")


def test_a_refreshed_token_says_the_present_role(app, client, person, token_maker):
    tokens = person.logged_in()
    refreshed = refresh(client, tokens["refresh_token"]).json
    assert identity_of(app, refreshed["access_token"]).role == "client"
    admin = token_maker.headers(10**6, "admin")
    role = client.put(
        f"/api/v1/accounts/{person.id}/role", json={"role": "therapist"}, headers=admin
    )
    assert role.status_code == 200
    assert refresh(client, refreshed["refresh_token"]).status_code == 401
    assert identity_of(app, person.logged_in()["access_token"]).role == "therapist"


def test_logging_out_with_address_and_password_ends_one_door_only(
    app, client, person, ended_sessions
):
    through = {
        door: identity_of(app, person.log_in_through(door).json["access_token"]).login_session_id
        for door in ("accounts", "matching")
    }
    body = {"email": person.email, "password": person.password, "opened_through": "accounts"}
    url = "/internal/v1/login-sessions/end"
    assert client.post(url, json=body, headers=internal_headers()).status_code == 204
    assert ended_sessions.has_ended(through["accounts"])
    assert not ended_sessions.has_ended(through["matching"])
    body["password"] = "wrong password"
    refused = client.post(url, json=body, headers=internal_headers())
    assert (refused.status_code, refused.json["code"]) == (401, "invalid_credentials")


def test_credentials_are_checked_without_opening_anything(client, person):
    url = "/internal/v1/credential-checks"
    body = {"email": person.email.upper(), "password": person.password}
    assert client.post(url, json=body, headers=internal_headers()).status_code == 204
    body["password"] = "wrong password"
    refused = client.post(url, json=body, headers=internal_headers())
    assert (refused.status_code, refused.json["code"]) == (401, "invalid_credentials")
    assert client.post(url, json=body).status_code == 401
    headers = person.headers()
    assert len(client.get("/api/v1/login-sessions", headers=headers).json["items"]) == 1


def test_a_login_hashes_the_password_again_with_todays_parameters(database, person):
    older = PasswordHashing(memory_kib=16, time_cost=2).hash(person.password, "somebody")
    person.logged_in()

    def age(session):
        session.get(Account, person.id).password_hash = older

    database.writing(age)
    assert person.log_in().status_code == 201
    kept = database.reading(lambda session: session.get(Account, person.id).password_hash)
    assert kept != older
    assert "m=8,t=1" in kept
    assert person.log_in().status_code == 201


def test_logging_in_at_the_same_time_opens_a_login_session_each(app, person):
    person.client = app.test_client()
    answers = at_the_same_time(
        [lambda: Person(app.test_client(), person.post).log_in() for _ in range(8)]
    )
    assert {answer.status_code for answer in answers} == {201}
    items = person.client.get("/api/v1/login-sessions", headers=person.headers()).json["items"]
    assert len(items) == 9


def test_an_unwritable_store_is_a_503_and_never_an_open_door(
    app, client, person, ended_sessions, tmp_path, monkeypatch
):
    token = person.logged_in()["access_token"]
    store = app.extensions["hearth"].parts["auth_service"].ended_sessions
    (tmp_path / "file").write_text("a file is no folder")
    monkeypatch.setattr(store, "_path", tmp_path / "file" / "ended_sessions.sqlite3")
    answer = client.delete("/api/v1/login-sessions/current", headers=bearer(token))
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    monkeypatch.undo()
    again = client.delete("/api/v1/login-sessions/current", headers=bearer(token))
    assert again.status_code == 204
    assert ended_sessions.has_ended(identity_of(app, token).login_session_id)


def test_a_token_says_nothing_but_its_claims(person):
    claims = jwt.decode(person.logged_in()["access_token"], options={"verify_signature": False})
    standard = {"aud", "exp", "iat", "iss", "jti", "nbf", "sub"}
    of_the_library = {"fresh", "type"}
    ours = {"id", "role", "hearth_role", "sid", "verified"}
    assert set(claims) == standard | of_the_library | ours
    assert claims["sub"] == str(claims["id"])
    assert (claims["iss"], claims["aud"]) == ("hearth", "hearth")
