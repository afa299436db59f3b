"""Changing one's own password."""

from functools import partial

from auth_service.tests.factories import OTHER_PASSWORD, PASSWORD, Person, bearer
from shared.testing.tokens import internal_headers
from shared.testing.waiting import at_the_same_time

URL = "/api/v1/accounts/me/password"


def change(client, headers, old=PASSWORD, new=OTHER_PASSWORD):
    return client.put(URL, json={"old_password": old, "new_password": new}, headers=headers)


def refused_as(answer):
    return answer.status_code, answer.json["code"]


def test_a_change_keeps_this_login_session_and_ends_the_others(
    app, client, person, post, ended_sessions
):
    here, there = person.logged_in(), person.logged_in()
    through_matching = person.log_in_through("matching").json
    assert change(client, bearer(here["access_token"])).status_code == 204
    ids = [
        app.extensions["hearth"].verifier.verify(each["access_token"]).login_session_id
        for each in (here, there, through_matching)
    ]
    assert [ended_sessions.has_ended(each) for each in ids] == [False, True, True]
    assert person.log_in().status_code == 401
    assert person.log_in(OTHER_PASSWORD).status_code == 201
    assert post.notices(person.email) == ["password_changed"]


def test_a_wrong_old_password_is_refused_before_the_new_one_is_judged(client, person):
    answer = change(client, person.headers(), old="something else", new="short")
    assert refused_as(answer) == (422, "old_password_incorrect")
    assert person.log_in().status_code == 201


def test_a_new_password_against_the_policy_is_refused(client, person):
    answer = change(client, person.headers(), new="1234567")
    assert refused_as(answer) == (422, "password_rejected")
    assert answer.json["reasons"] == ["too_short", "too_common", "entirely_numeric"]
    assert person.log_in().status_code == 201


def test_an_older_systems_client_may_set_a_weak_one_of_their_own_only(client, person, token_maker):
    headers = {**person.headers(), **internal_headers()}
    url = f"/internal/v1/accounts/{person.id}/password"
    body = {"old_password": PASSWORD, "new_password": "password", "accept_weak": True}
    admin = {**token_maker.headers(10**6, "admin"), **internal_headers()}
    assert refused_as(client.put(url, json=body, headers=admin)) == (403, "not_allowed")
    assert client.put(url, json=body, headers=internal_headers()).status_code == 401
    strict = client.put(url, json={**body, "accept_weak": False}, headers=headers)
    assert refused_as(strict) == (422, "password_rejected")
    assert client.put(url, json=body, headers=headers).status_code == 204
    assert Person(client, person.post, password="password").logged_in()["account"][
        "must_change_password"
    ]


def test_changing_twice_at_the_same_time_has_one_winner(app, person):
    headers = person.headers()
    works = [
        partial(change, app.test_client(), headers, new=f"new password {number}")
        for number in range(6)
    ]
    answers = at_the_same_time(works)
    assert sorted(answer.status_code for answer in answers) == [204] + [422] * 5
    winner = next(number for number, answer in enumerate(answers) if answer.status_code == 204)
    assert person.log_in(f"new password {winner}").status_code == 201


def test_without_a_token_nothing_is_changed(client, person):
    assert refused_as(change(client, {})) == (401, "not_authenticated")
    assert person.log_in().status_code == 201
