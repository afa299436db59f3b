"""What a stranger left behind lets nobody in once the mailbox has shown whose the account is."""

import pyotp
import pytest

from auth_service.tests.factories import EMAIL, OTHER_PASSWORD, PASSWORD, Person, bearer

EVIL = "evil@example.org"
FACTOR = "/api/v1/accounts/me/second-factor"


@pytest.fixture
def stranger(client, post):
    """Give somebody who opened an account by an address that is not theirs."""
    return Person(client, post)


def opened(stranger):
    return bearer(stranger.open_through("accounts").json["access_token"])


def begun(client, headers, clock, *, is_confirmed=True):
    """Begin a second factor, and confirm it unless told otherwise; the next code is a new one."""
    answer = client.post(FACTOR, json={"password": PASSWORD}, headers=headers)
    assert answer.status_code == 201
    totp = pyotp.TOTP(answer.json["secret"])
    if is_confirmed:
        body = {"code": totp.at(clock.now())}
        confirmed = client.post(f"{FACTOR}/confirmation", json=body, headers=headers)
        assert confirmed.status_code == 200
        clock.advance(seconds=30)
    return totp


def changed_to_evil(client, post, headers):
    """Change the address and confirm it; give the token that undoes it."""
    ask = {"email": EVIL, "password": PASSWORD}
    assert client.post(f"{ME}/email-changes", json=ask, headers=headers).status_code == 202
    body = {"email": EVIL, "code": post.code(EVIL, "email_change")}
    assert client.post("/api/v1/verifications", json=body).status_code == 200
    return post.undo_token(EMAIL)


ME = "/api/v1/accounts/me"


def undo(client, token):
    answer = client.post("/api/v1/email-changes/undo", json={"token": token})
    assert (answer.status_code, answer.json) == (200, {"email": EMAIL})


def set_by_mailed_link(client, post):
    body = {"token": post.notice_token(EMAIL, "password_needed"), "password": OTHER_PASSWORD}
    assert client.post("/api/v1/password-resets/confirm", json=body).status_code == 200


def by_code(client, post, _account_id, _admin):
    body = {"email": EMAIL, "code": post.code(EMAIL)}
    assert client.post("/api/v1/verifications", json=body).json["is_password_needed"]
    set_by_mailed_link(client, post)


def by_reset(client, post, _account_id, _admin):
    client.post("/api/v1/password-resets", json={"email": EMAIL})
    code = post.code(EMAIL, "password_reset")
    body = {"email": EMAIL, "code": code, "password": OTHER_PASSWORD}
    assert client.post("/api/v1/password-resets/confirm", json=body).status_code == 200


def by_invitation(client, post, account_id, admin):
    url = f"/api/v1/accounts/{account_id}/role"
    assert client.put(url, json={"role": "therapist"}, headers=admin).status_code == 200
    body = {"token": post.invitation_token(EMAIL), "password": OTHER_PASSWORD}
    assert client.post("/api/v1/invitations/acceptance", json=body).status_code == 200


@pytest.mark.parametrize("is_confirmed", [True, False], ids=["confirmed", "begun"])
@pytest.mark.parametrize("prove", [by_code, by_reset, by_invitation])
def test_a_strangers_second_factor_goes_when_the_mailbox_is_first_proved(
    client, clock, post, stranger, token_maker, prove, is_confirmed
):
    headers = opened(stranger)
    totp = begun(client, headers, clock, is_confirmed=is_confirmed)
    account_id = client.get(ME, headers=headers).json["id"]
    prove(client, post, account_id, token_maker.headers(10**6, "admin"))
    assert stranger.log_in(PASSWORD).status_code == 401
    owner = bearer(stranger.log_in(OTHER_PASSWORD).json["access_token"])
    assert not client.get(FACTOR, headers=owner).json["is_set_up"]
    confirmation = {"code": totp.at(clock.now())}
    refused = client.post(f"{FACTOR}/confirmation", json=confirmation, headers=owner)
    assert (refused.status_code, refused.json["code"]) == (404, "no_second_factor")


@pytest.mark.parametrize("is_confirmed", [True, False], ids=["confirmed", "pending"])
def test_undoing_a_change_of_an_unproved_address_leaves_the_stranger_nothing(
    client, clock, post, stranger, is_confirmed
):
    headers = opened(stranger)
    begun(client, headers, clock)
    if is_confirmed:
        token = changed_to_evil(client, post, headers)
    else:
        body = {"email": EVIL, "password": PASSWORD}
        assert client.post(f"{ME}/email-changes", json=body, headers=headers).status_code == 202
        token = post.undo_token(EMAIL)
    undo(client, token)
    for door in ("accounts", "matching", "wellbeing"):
        assert stranger.log_in_through(door).status_code == 401
    assert stranger.log_in().json["code"] == "invalid_credentials"
    set_by_mailed_link(client, post)
    assert stranger.log_in(OTHER_PASSWORD).status_code == 201


@pytest.mark.parametrize("is_confirmed", [True, False], ids=["confirmed", "begun"])
def test_a_second_factor_since_a_change_that_is_undone_goes(
    client, clock, post, person, is_confirmed
):
    headers = person.headers()
    token = changed_to_evil(client, post, headers)
    begun(client, headers, clock, is_confirmed=is_confirmed)
    undo(client, token)
    assert person.log_in().status_code == 401
    set_by_mailed_link(client, post)
    owner = bearer(person.log_in(OTHER_PASSWORD).json["access_token"])
    assert not client.get(FACTOR, headers=owner).json["is_set_up"]


def test_an_older_second_factor_stays_through_undoing_and_a_reset(client, clock, post, person):
    headers = person.headers()
    totp = begun(client, headers, clock)
    undo(client, changed_to_evil(client, post, headers))
    set_by_mailed_link(client, post)
    by_reset(client, post, None, None)
    refused = person.log_in(OTHER_PASSWORD)
    assert (refused.status_code, refused.json["code"]) == (401, "second_factor_required")
    body = {"email": EMAIL, "password": OTHER_PASSWORD, "second_factor": totp.at(clock.now())}
    assert client.post("/api/v1/login-sessions", json=body).status_code == 201


def test_whoever_shows_the_secret_keeps_password_and_second_factor(client, clock, post):
    anna = Person(client, post).registered()
    begun(client, anna.headers(), clock)
    anna.verified()
    refused = anna.log_in()
    assert (refused.status_code, refused.json["code"]) == (401, "second_factor_required")
