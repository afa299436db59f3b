"""Inviting the owners of accounts that staff opened: nobody else ever knows their password."""

from functools import partial

import pytest

from auth_service.tests.factories import EMAIL, OTHER_PASSWORD, PASSWORD, Person
from shared.testing.tokens import internal_headers
from shared.testing.waiting import at_the_same_time

URL = "/api/v1/accounts"
ADMIN_ID = 10**6
PROFESSIONALS = ["therapist", "moderator", "admin"]


@pytest.fixture
def admin(token_maker):
    return token_maker.headers(ADMIN_ID, "admin")


def invited(client, admin, **changes):
    body = {"email": EMAIL, "first_name": "Anna", "role": "therapist", **changes}
    return client.post(URL, json=body, headers=admin)


def invited_again(client, admin, account_id):
    return client.post(f"{URL}/{account_id}/invitations", headers=admin)


def accepted(client, token, password=PASSWORD):
    body = {"token": token, "password": password}
    return client.post("/api/v1/invitations/acceptance", json=body)


def refused_as(answer):
    return answer.status_code, answer.json["code"]


NOT_ACCEPTED = (422, "invitation_not_accepted")


@pytest.mark.parametrize("role", [*PROFESSIONALS, "client"])
def test_an_invited_person_chooses_the_password_and_proves_the_address(client, admin, post, role):
    answer = invited(client, admin, role=role)
    assert answer.status_code == 201
    assert not answer.json["is_verified"]
    assert post.notices(EMAIL) == ["invitation"]
    assert post.codes(EMAIL) == []
    person = Person(client, post)
    assert person.log_in().status_code == 401
    answer = accepted(client, post.invitation_token(EMAIL))
    assert (answer.status_code, answer.json) == (200, {"email": EMAIL})
    account = person.logged_in()["account"]
    assert (account["role"], account["is_verified"]) == (role, True)
    assert not account["must_change_password"]
    assert post.events("auth.account.changed.v1")[-1]["is_verified"]


def test_the_link_is_good_for_72_hours_and_once(client, admin, clock, post):
    invited(client, admin)
    token = post.invitation_token(EMAIL)
    [notice] = post.events("auth.account.notice.v1")
    assert notice["expires_at"] == "2026-07-09T08:00:00.000000Z"
    clock.advance(hours=71, minutes=59)
    assert accepted(client, token).status_code == 200
    assert refused_as(accepted(client, token, OTHER_PASSWORD)) == NOT_ACCEPTED
    assert Person(client, post).log_in().status_code == 201
    invited(client, admin, email="late@example.org")
    clock.advance(hours=72)
    late = post.invitation_token("late@example.org")
    assert refused_as(accepted(client, late)) == NOT_ACCEPTED


def test_a_link_sent_again_replaces_the_earlier_one(client, admin, clock, post):
    account_id = invited(client, admin).json["id"]
    first = post.invitation_token(EMAIL)
    clock.advance(hours=100)
    answer = invited_again(client, admin, account_id)
    assert (answer.status_code, answer.json) == (202, {"email": EMAIL})
    assert refused_as(accepted(client, first)) == NOT_ACCEPTED
    assert accepted(client, post.invitation_token(EMAIL)).status_code == 200


def test_a_link_used_at_the_same_time_has_one_winner(app, client, admin, post):
    invited(client, admin)
    token = post.invitation_token(EMAIL)
    works = [
        partial(accepted, app.test_client(), token, f"a new password {number}")
        for number in range(8)
    ]
    answers = at_the_same_time(works)
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 7
    winner = next(number for number, answer in enumerate(answers) if answer.status_code == 200)
    assert Person(client, post).log_in(f"a new password {winner}").status_code == 201


def test_a_weak_password_is_refused_and_uses_nothing_up(client, admin, post):
    invited(client, admin)
    token = post.invitation_token(EMAIL)
    answer = accepted(client, token, "password")
    assert refused_as(answer) == (422, "password_rejected")
    assert answer.json["reasons"] == ["too_common"]
    assert accepted(client, token).status_code == 200


@pytest.mark.parametrize("token", ["x", "x" * 43, "ü"])
def test_a_token_nobody_was_mailed_is_refused(client, admin, token):
    invited(client, admin)
    assert refused_as(accepted(client, token)) == NOT_ACCEPTED


def test_locking_cancels_the_link(client, admin, post):
    account_id = invited(client, admin).json["id"]
    token, lock = post.invitation_token(EMAIL), f"{URL}/{account_id}/lock"
    assert client.put(lock, headers=admin).status_code == 204
    assert refused_as(accepted(client, token)) == NOT_ACCEPTED
    again = invited_again(client, admin, account_id)
    assert refused_as(again) == (409, "invitation_not_possible")
    assert client.delete(lock, headers=admin).status_code == 204
    assert refused_as(accepted(client, token)) == NOT_ACCEPTED
    assert invited_again(client, admin, account_id).status_code == 202


def test_resetting_the_password_by_mail_cancels_the_link(client, admin, post):
    invited(client, admin)
    token = post.invitation_token(EMAIL)
    client.post("/api/v1/password-resets", json={"email": EMAIL})
    code = post.code(EMAIL, "password_reset")
    body = {"email": EMAIL, "code": code, "password": OTHER_PASSWORD}
    assert client.post("/api/v1/password-resets/confirm", json=body).status_code == 200
    assert refused_as(accepted(client, token)) == NOT_ACCEPTED
    assert Person(client, post).log_in(OTHER_PASSWORD).status_code == 201


def test_who_has_a_password_is_not_invited_again(client, admin, person):
    person.logged_in()
    answer = invited_again(client, admin, person.id)
    assert refused_as(answer) == (409, "invitation_not_possible")
    assert refused_as(invited_again(client, admin, 10**9)) == (404, "account_not_found")


def test_invitations_to_one_address_are_limited(make_app, admin, post):
    client = make_app(RATE_LIMIT_SCALE="1").test_client()
    account_id = invited(client, admin).json["id"]
    answers = [invited_again(client, admin, account_id) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert accepted(client, post.invitation_token(EMAIL)).status_code == 200


@pytest.mark.parametrize("role", PROFESSIONALS)
def test_nobody_chooses_the_password_of_a_therapist_or_of_staff(client, admin, post, role):
    answer = invited(client, admin, role=role, password=PASSWORD)
    assert refused_as(answer) == (422, "opened_by_invitation")
    assert post.count() == 0


@pytest.mark.parametrize("role", PROFESSIONALS)
def test_an_older_system_takes_no_weak_password_for_a_therapist_or_staff(client, admin, post, role):
    anna = Person(client, post, password="password")
    answer = anna.open_through("accounts", role=role, headers=admin)
    assert refused_as(answer) == (422, "password_rejected")
    assert post.count() == 0
    anna.password = PASSWORD
    answer = anna.open_through("accounts", role=role, headers=admin)
    assert (answer.status_code, answer.json["account"]["role"]) == (201, role)
    headers = {"Authorization": f"Bearer {answer.json['access_token']}", **internal_headers()}
    url = f"/internal/v1/accounts/{answer.json['account']['id']}/password"
    body = {"old_password": PASSWORD, "new_password": "password", "accept_weak": True}
    assert refused_as(client.put(url, json=body, headers=headers)) == (422, "password_rejected")
    body["new_password"] = OTHER_PASSWORD
    assert client.put(url, json=body, headers=headers).status_code == 204


@pytest.mark.parametrize("role", PROFESSIONALS)
def test_who_gets_a_role_before_proving_the_address_is_invited(client, admin, post, role):
    stranger = Person(client, post)
    account_id = stranger.open_through("matching").json["account"]["id"]
    url = f"{URL}/{account_id}/role"
    assert client.put(url, json={"role": role}, headers=admin).status_code == 200
    assert stranger.log_in().status_code == 401
    assert post.notices(EMAIL) == ["invitation"]
    assert accepted(client, post.invitation_token(EMAIL), OTHER_PASSWORD).status_code == 200
    assert stranger.log_in(OTHER_PASSWORD).json["account"]["role"] == role


def test_who_proved_the_address_keeps_the_password_with_a_new_role(client, admin, person, post):
    person.logged_in()
    url = f"{URL}/{person.id}/role"
    assert client.put(url, json={"role": "therapist"}, headers=admin).status_code == 200
    assert post.notices(EMAIL) == []
    assert person.logged_in()["account"]["role"] == "therapist"
