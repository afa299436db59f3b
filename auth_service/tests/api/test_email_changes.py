"""Another address: pending until its code comes back, told to the old one, undone for a week."""

import pytest

from auth_service.tests.factories import EMAIL, OTHER_PASSWORD, Person, bearer
from shared.testing.waiting import at_the_same_time

NEW = "new@example.org"
URL = "/api/v1/accounts/me/email-changes"


@pytest.fixture
def headers(person):
    return bearer(person.logged_in()["access_token"])


def ask(client, headers, email=NEW):
    return client.post(URL, json={"email": email}, headers=headers)


def confirm(client, post, email=NEW):
    body = {"email": email, "code": post.code(email, "email_change")}
    return client.post("/api/v1/verifications", json=body)


def undo(client, token):
    return client.post("/api/v1/email-changes/undo", json={"token": token})


def refused_as(answer):
    return answer.status_code, answer.json["code"]


def test_the_old_address_works_until_the_code_comes_back(client, headers, person, post):
    answer = ask(client, headers)
    assert (answer.status_code, answer.json) == (202, {"email": NEW})
    assert post.notices(EMAIL) == ["email_change_requested"]
    assert person.log_in().status_code == 201
    proved = confirm(client, post)
    assert (proved.status_code, proved.json) == (200, {"email": NEW, "purpose": "email_change"})
    assert person.log_in().status_code == 401
    assert Person(client, post, NEW).log_in().status_code == 201
    assert post.notices(EMAIL) == ["email_change_requested", "email_changed"]
    assert post.events("auth.account.changed.v1")[-1]["email"] == NEW


def test_login_sessions_stay_through_a_change_of_address(client, headers, post):
    ask(client, headers)
    confirm(client, post)
    assert client.get("/api/v1/accounts/me", headers=headers).json["email"] == NEW
    assert len(client.get("/api/v1/login-sessions", headers=headers).json["items"]) == 1


@pytest.mark.parametrize("email", [EMAIL, EMAIL.upper(), "taken@example.org"])
def test_an_address_in_use_is_refused(client, headers, post, email):
    Person(client, post, "taken@example.org").registered()
    before = post.count()
    assert refused_as(ask(client, headers, email)) == (409, "email_taken")
    assert post.count() == before


def test_an_address_taken_meanwhile_is_refused_at_the_end(client, headers, person, post):
    ask(client, headers)
    Person(client, post, NEW).registered()
    assert refused_as(confirm(client, post)) == (422, "code_not_accepted")
    assert person.log_in().status_code == 201


def test_a_later_wish_replaces_the_earlier_one(client, headers, person, post):
    ask(client, headers, "first@example.org")
    ask(client, headers)
    assert refused_as(confirm(client, post, "first@example.org")) == (422, "code_not_accepted")
    assert confirm(client, post).status_code == 200


def test_asking_again_mails_the_pending_address_a_new_code(client, headers, post):
    ask(client, headers)
    older = post.code(NEW, "email_change")
    assert client.post("/api/v1/verification-codes", json={"email": NEW}).status_code == 202
    codes = post.codes(NEW, "email_change")
    assert len(codes) == 2
    if codes[-1] != older:
        body = {"email": NEW, "code": older}
        assert client.post("/api/v1/verifications", json=body).status_code == 422
    assert confirm(client, post).status_code == 200


def test_two_accounts_wish_for_one_address_and_one_gets_it(client, headers, post):
    boris = Person(client, post, "boris@example.org").registered().verified()
    ask(client, headers)
    anna_code = post.code(NEW, "email_change")
    ask(client, boris.headers())
    body = {"email": NEW, "code": anna_code}
    assert client.post("/api/v1/verifications", json=body).status_code == 200
    assert client.get("/api/v1/accounts/me", headers=headers).json["email"] == NEW
    assert refused_as(confirm(client, post)) == (422, "code_not_accepted")


def test_one_code_used_at_the_same_time_has_one_winner(app, client, headers, post):
    ask(client, headers)
    answers = at_the_same_time([lambda: confirm(app.test_client(), post) for _ in range(10)])
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 9
    assert post.notices(EMAIL).count("email_changed") == 1


@pytest.mark.parametrize("which", ["first mail", "second mail"])
def test_the_old_address_undoes_the_change_within_seven_days(
    app, client, headers, person, post, clock, ended_sessions, which
):
    ask(client, headers)
    token = post.undo_token(EMAIL)
    confirm(client, post)
    if which == "second mail":
        token = post.undo_token(EMAIL)
    clock.advance(days=6, hours=23)
    answer = undo(client, token)
    assert (answer.status_code, answer.json) == (200, {"email": EMAIL})
    assert person.log_in().status_code == 201
    assert Person(client, post, NEW).log_in().status_code == 401
    assert refused_as(undo(client, token)) == (422, "undo_token_not_accepted")


def test_undoing_ends_every_login_session(app, client, headers, person, post, ended_sessions):
    token = person.logged_in()["access_token"]
    ask(client, headers)
    confirm(client, post)
    undo(client, post.undo_token(EMAIL))
    login_session_id = app.extensions["hearth"].verifier.verify(token).login_session_id
    assert ended_sessions.has_ended(login_session_id)


def test_a_pending_change_is_cancelled_by_the_old_address(client, headers, post):
    ask(client, headers)
    assert undo(client, post.undo_token(EMAIL)).status_code == 200
    assert refused_as(confirm(client, post)) == (422, "code_not_accepted")


def test_a_password_the_thief_has_set_is_worth_nothing_after_undoing(
    client, clock, headers, person, post
):
    ask(client, headers)
    confirm(client, post)
    clock.advance(minutes=1)
    client.post("/api/v1/password-resets", json={"email": NEW})
    body = {
        "email": NEW,
        "code": post.code(NEW, "password_reset"),
        "password": "the thief's password",
    }
    assert client.post("/api/v1/password-resets/confirm", json=body).status_code == 200
    undo(client, post.undo_token(EMAIL))
    for password in (person.password, "the thief's password"):
        assert person.log_in(password).status_code == 401
    client.post("/api/v1/password-resets", json={"email": EMAIL})
    body = {
        "email": EMAIL,
        "code": post.code(EMAIL, "password_reset"),
        "password": OTHER_PASSWORD,
    }
    assert client.post("/api/v1/password-resets/confirm", json=body).status_code == 200
    assert person.log_in(OTHER_PASSWORD).status_code == 201


def test_the_thiefs_own_undo_token_dies_with_the_owners(client, headers, post):
    ask(client, headers)
    confirm(client, post)
    owners = post.undo_token(EMAIL)
    ask(client, headers, "third@example.org")
    confirm(client, post, "third@example.org")
    thiefs = post.undo_token(NEW)
    assert undo(client, owners).json == {"email": EMAIL}
    assert refused_as(undo(client, thiefs)) == (422, "undo_token_not_accepted")


def test_after_seven_days_nothing_is_undone(client, headers, post, clock):
    ask(client, headers)
    confirm(client, post)
    clock.advance(days=7)
    assert refused_as(undo(client, post.undo_token(EMAIL))) == (422, "undo_token_not_accepted")


def test_an_old_address_that_somebody_else_has_by_now_is_not_given_back(client, headers, post):
    ask(client, headers)
    confirm(client, post)
    Person(client, post).registered()
    assert refused_as(undo(client, post.undo_token(EMAIL))) == (409, "email_taken")


def test_an_unknown_undo_token_is_refused(client):
    assert refused_as(undo(client, "0" * 64)) == (422, "undo_token_not_accepted")


def test_without_a_token_nobody_changes_an_address(client, post):
    assert refused_as(ask(client, {})) == (401, "not_authenticated")
    assert post.count() == 0
