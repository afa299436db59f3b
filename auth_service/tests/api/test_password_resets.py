"""A forgotten password: a code by mail, a check, a new password."""

import pytest
from sqlalchemy import select

from auth_service.models.audit_entries import audit_entries
from auth_service.tests.factories import EMAIL, OTHER_PASSWORD, Person, bearer, wrong
from shared.testing.tokens import internal_headers
from shared.testing.waiting import at_the_same_time

URL = "/api/v1/password-resets"


def ask(client, email=EMAIL):
    answer = client.post(URL, json={"email": email})
    assert (answer.status_code, answer.json) == (202, {"email": email})


def check(client, code, email=EMAIL):
    return client.post(f"{URL}/check", json={"email": email, "code": code})


def confirm(client, code, password=OTHER_PASSWORD, email=EMAIL):
    body = {"email": email, "code": code, "password": password}
    return client.post(f"{URL}/confirm", json=body)


def refused_as(answer):
    return answer.status_code, answer.json["code"]


def reset_code(post):
    return post.code(EMAIL, "password_reset")


def test_the_mailed_code_sets_a_new_password(client, person, post):
    ask(client)
    assert check(client, reset_code(post)).json == {"email": EMAIL}
    answer = confirm(client, reset_code(post))
    assert (answer.status_code, answer.json) == (200, {"email": EMAIL})
    assert person.log_in().status_code == 401
    assert person.log_in(OTHER_PASSWORD).status_code == 201
    assert post.notices(EMAIL) == ["password_changed"]


def test_asking_for_a_reset_is_recorded_alike_for_known_and_unknown_addresses(
    client, person, database
):
    account = person.logged_in()["account"]
    ask(client)
    ask(client, "nobody@example.com")
    fields = audit_entries.c.account_id, audit_entries.c.actor_id, audit_entries.c.network
    wanted = select(*fields).where(audit_entries.c.act == "password_reset_requested")
    rows = database.reading(lambda session: session.execute(wanted).all())
    assert [tuple(row) for row in rows] == [
        (account["id"], None, "127.0.0.1"),
        (None, None, "127.0.0.1"),
    ]


def test_a_reset_ends_every_login_session(app, client, person, post, ended_sessions):
    tokens = [
        person.logged_in()["access_token"],
        person.log_in_through("matching").json["access_token"],
    ]
    ask(client)
    confirm(client, reset_code(post))
    for token in tokens:
        login_session_id = app.extensions["hearth"].verifier.verify(token).login_session_id
        assert ended_sessions.has_ended(login_session_id)


def test_a_reset_proves_the_address(client, post):
    anna = Person(client, post).registered()
    ask(client)
    confirm(client, reset_code(post))
    assert anna.verify(post.code(EMAIL)).status_code == 422
    assert Person(client, post, password=OTHER_PASSWORD).logged_in()["account"]["is_verified"]


def test_a_reset_code_is_used_once(client, person, post):
    ask(client)
    confirm(client, reset_code(post))
    again = confirm(client, reset_code(post), "yet another password")
    assert refused_as(again) == (404, "no_reset_code")
    assert person.log_in(OTHER_PASSWORD).status_code == 201


def test_checking_is_a_try_too_even_a_right_one(client, person, post):
    ask(client)
    for _ in range(5):
        assert check(client, reset_code(post)).status_code == 200
    assert refused_as(confirm(client, reset_code(post))) == (422, "code_not_accepted")
    assert person.log_in().status_code == 201


def test_a_password_against_the_policy_costs_no_try_and_tells_nothing(client, person, post):
    ask(client)
    for code in (reset_code(post), wrong(reset_code(post))):
        for _ in range(6):
            answer = confirm(client, code, "password")
            assert refused_as(answer) == (422, "password_rejected")
            assert answer.json["reasons"] == ["too_common"]
    assert confirm(client, reset_code(post)).status_code == 200


def test_after_five_wrong_codes_the_right_one_is_refused_even_after_a_restart(
    client, make_app, person, post
):
    ask(client)
    for _ in range(5):
        assert refused_as(check(client, wrong(reset_code(post)))) == (422, "code_not_accepted")
    restarted = make_app().test_client()
    assert refused_as(confirm(restarted, reset_code(post))) == (422, "code_not_accepted")


def test_nobody_asked_is_told_alike_for_known_and_unknown(client, person):
    for email in (EMAIL, "nobody@example.org"):
        assert refused_as(check(client, "123456", email)) == (404, "no_reset_code")
        assert refused_as(confirm(client, "123456", email=email)) == (404, "no_reset_code")


def test_after_asking_known_and_unknown_are_refused_alike(client, clock, person, post):
    for email in (EMAIL, "nobody@example.org"):
        ask(client, email)
    guess = wrong(reset_code(post))
    for email in (EMAIL, "nobody@example.org"):
        for _ in range(7):
            assert refused_as(check(client, guess, email)) == (422, "code_not_accepted")
    clock.advance(minutes=10)
    for email in (EMAIL, "nobody@example.org"):
        assert refused_as(check(client, guess, email)) == (404, "no_reset_code")


@pytest.mark.parametrize("change", ["by hand", "through an older system"])
def test_a_password_changed_by_hand_ends_reset_codes_and_links(client, person, post, change):
    headers = person.headers()
    ask(client)
    code, link = reset_code(post), post.link(EMAIL, "password_reset")
    body = {"old_password": person.password, "new_password": OTHER_PASSWORD}
    path = "/api/v1/accounts/me/password"
    if change != "by hand":
        path = f"/internal/v1/accounts/{person.id}/password"
    changed = client.put(path, json=body, headers={**headers, **internal_headers()})
    assert changed.status_code == 204
    assert refused_as(check(client, code)) == (404, "no_reset_code")
    assert refused_as(confirm(client, code, "the thief's own")) == (404, "no_reset_code")
    by_link = confirm_by_link(client, link, "the thief's own")
    assert refused_as(by_link) == (422, "link_not_accepted")
    assert person.log_in(OTHER_PASSWORD).status_code == 201


def test_nothing_is_mailed_to_an_unknown_address(client, post):
    ask(client, "nobody@example.org")
    assert post.count() == 0


def test_a_reset_asked_for_before_the_account_was_opened_opens_nothing(client, post):
    ask(client)
    Person(client, post).registered()
    assert refused_as(check(client, "123456")) == (422, "code_not_accepted")


def test_fifty_confirmations_at_the_same_time_have_one_winner(app, client, person, post):
    ask(client)
    code = reset_code(post)
    answers = at_the_same_time([lambda: confirm(app.test_client(), code) for _ in range(12)])
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [404] * 11
    assert person.log_in(OTHER_PASSWORD).status_code == 201


def test_a_locked_account_stays_locked_through_a_reset(client, person, post, token_maker):
    person.logged_in()
    admin = token_maker.headers(10**6, "admin")
    client.put(f"/api/v1/accounts/{person.id}/lock", headers=admin)
    ask(client)
    assert confirm(client, reset_code(post)).status_code == 200
    assert person.log_in(OTHER_PASSWORD).status_code == 401


def test_a_reset_cancels_a_pending_change_of_address(client, person, post):
    headers = bearer(person.logged_in()["access_token"])
    change = {"email": "thief@example.org"}
    client.post("/api/v1/accounts/me/email-changes", json=change, headers=headers)
    ask(client)
    confirm(client, reset_code(post))
    body = {"email": "thief@example.org", "code": post.code("thief@example.org", "email_change")}
    assert client.post("/api/v1/verifications", json=body).status_code == 422


def confirm_by_link(client, token, password=OTHER_PASSWORD):
    return client.post(f"{URL}/confirm", json={"token": token, "password": password})


def test_the_mailed_link_sets_a_new_password_once(app, client, person, post, ended_sessions):
    access = person.logged_in()["access_token"]
    ask(client)
    token = post.link(EMAIL, "password_reset")
    weak = confirm_by_link(client, token, "password")
    assert refused_as(weak) == (422, "password_rejected")
    answer = confirm_by_link(client, token)
    assert (answer.status_code, answer.json) == (200, {"email": EMAIL})
    assert ended_sessions.has_ended(
        app.extensions["hearth"].verifier.verify(access).login_session_id
    )
    assert person.log_in(OTHER_PASSWORD).status_code == 201
    assert refused_as(confirm_by_link(client, token)) == (422, "link_not_accepted")
    assert refused_as(check(client, reset_code(post))) == (404, "no_reset_code")


def test_a_link_that_nobody_mailed_sets_nothing(client, person):
    assert refused_as(confirm_by_link(client, "0" * 43)) == (422, "link_not_accepted")
    assert person.log_in().status_code == 201


@pytest.mark.parametrize("field", ["email", "code", "password"])
def test_a_missing_field_is_named(client, field):
    body = {"email": EMAIL, "code": "123456", "password": OTHER_PASSWORD}
    del body[field]
    answer = client.post(f"{URL}/confirm", json=body)
    assert refused_as(answer) == (422, "invalid_request")
    assert list(answer.json["errors"]) == [field]
