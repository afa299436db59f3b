"""Another address: pending until its code comes back, told to the old one, undone for a week."""

import pytest

from auth_service.tests.factories import EMAIL, OTHER_PASSWORD, Person, bearer
from shared.testing.tokens import internal_headers
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


def set_by_mailed_link(client, post, password=OTHER_PASSWORD):
    """Set a password by the link that is mailed when none stands."""
    body = {"token": post.notice_token(EMAIL, "password_needed"), "password": password}
    assert client.post("/api/v1/password-resets/confirm", json=body).status_code == 200


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


DOOR = "/internal/v1/email-changes"


def through_door(client, headers, email):
    return client.post(DOOR, json={"email": email}, headers={**headers, **internal_headers()})


@pytest.mark.parametrize("email", [EMAIL, EMAIL.upper()])
def test_ones_own_address_is_refused(client, headers, post, email):
    before = post.count()
    assert refused_as(ask(client, headers, email)) == (409, "email_taken")
    assert refused_as(through_door(client, headers, email)) == (409, "email_taken")
    assert post.count() == before


def test_a_taken_address_is_answered_like_a_free_one_and_never_confirmed(client, headers, post):
    Person(client, post, "taken@example.org").registered()
    mails = len(post.codes("taken@example.org", "email_change"))
    for email in ("taken@example.org", NEW):
        answer = ask(client, headers, email)
        assert (answer.status_code, answer.json) == (202, {"email": email})
        mine = client.get("/api/v1/accounts/me", headers=headers).json["id"]
        shown = client.patch(f"/api/v1/accounts/{mine}", json={"last_name": "K"}, headers=headers)
        assert shown.json["pending_email"] == email
        client.post("/api/v1/verification-codes", json={"email": email})
    assert post.notices(EMAIL) == ["email_change_requested"] * 2
    assert len(post.codes("taken@example.org", "email_change")) == mails
    assert post.notices("taken@example.org") == []


def test_a_client_of_an_older_system_is_told_of_a_taken_address(client, headers, post):
    Person(client, post, "taken@example.org").registered()
    before = post.count()
    answer = through_door(client, headers, "taken@example.org")
    assert refused_as(answer) == (409, "email_taken")
    assert post.count() == before
    assert through_door(client, headers, NEW).status_code == 202


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
    assert person.log_in().status_code == 401
    set_by_mailed_link(client, post)
    assert person.log_in(OTHER_PASSWORD).status_code == 201
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


def test_an_old_address_that_somebody_else_has_proved_by_now_is_not_given_back(
    client, headers, post
):
    ask(client, headers)
    confirm(client, post)
    Person(client, post).registered().verified()
    assert refused_as(undo(client, post.undo_token(EMAIL))) == (409, "email_taken")


@pytest.mark.parametrize("door", ["matching", "accounts"])
def test_an_old_address_that_somebody_registered_without_proving_it_is_given_back(
    app, client, headers, person, post, ended_sessions, door
):
    ask(client, headers)
    confirm(client, post)
    squatter = Person(client, post, password=OTHER_PASSWORD)
    token = squatter.open_through(door).json["access_token"]
    assert undo(client, post.undo_token(EMAIL)).json == {"email": EMAIL}
    assert squatter.log_in().status_code == 401
    set_by_mailed_link(client, post, "three good words")
    assert person.log_in("three good words").status_code == 201
    login = app.extensions["hearth"].verifier.verify(token).login_session_id
    assert ended_sessions.has_ended(login)
    released = post.events("auth.account.changed.v1")[-3]
    assert (released["is_locked"], released["email"].partition("@")[2]) == (True, "released.test")


def not_confirmed(client, post, headers, email=NEW):
    """Tell that neither code, nor link, nor a code asked for again proves the pending address."""
    mailed = len(post.codes(email, "email_change"))
    link = {"token": post.link(email, "email_change")}
    assert client.post("/api/v1/verification-codes", json={"email": email}).status_code == 202
    assert len(post.codes(email, "email_change")) == mailed
    assert refused_as(client.post("/api/v1/verifications", json=link)) == (
        422,
        "link_not_accepted",
    )
    return refused_as(confirm(client, post, email)) == (422, "code_not_accepted")


def test_a_password_change_cancels_what_is_pending(client, headers, person, post):
    ask(client, headers)
    body = {"old_password": person.password, "new_password": OTHER_PASSWORD}
    answer = client.put("/api/v1/accounts/me/password", json=body, headers=headers)
    assert answer.status_code == 204
    assert not_confirmed(client, post, headers)


def test_ending_its_login_session_cancels_what_is_pending(client, headers, person, post):
    ask(client, headers)
    owner = person.headers()
    for login in client.get("/api/v1/login-sessions", headers=owner).json["items"]:
        if not login["is_current"]:
            client.delete(f"/api/v1/login-sessions/{login['id']}", headers=owner)
    assert not_confirmed(client, post, headers)


def test_another_login_sessions_end_leaves_what_is_pending(client, headers, person, post):
    other = person.headers()
    ask(client, headers)
    assert client.delete("/api/v1/login-sessions/current", headers=other).status_code == 204
    assert confirm(client, post).status_code == 200


@pytest.mark.parametrize(("act", "body"), [("lock", None), ("role", {"role": "therapist"})])
def test_what_staff_do_to_an_account_cancels_what_is_pending(
    client, headers, person, post, token_maker, act, body
):
    ask(client, headers)
    admin = token_maker.headers(10**6, "admin")
    mine = client.get("/api/v1/accounts/me", headers=headers).json["id"]
    done = client.put(f"/api/v1/accounts/{mine}/{act}", json=body, headers=admin)
    assert done.status_code in (200, 204)
    if act == "lock":
        client.delete(f"/api/v1/accounts/{mine}/lock", headers=admin)
    assert not_confirmed(client, post, headers)


@pytest.mark.parametrize("door", ["api", "internal"])
def test_saving_other_fields_leaves_what_is_pending_alone(client, headers, post, door):
    ask(client, headers)
    mine = client.get("/api/v1/accounts/me", headers=headers).json["id"]
    body = {"email": EMAIL, "first_name": "Annie"}
    path = f"/{door}/v1/accounts/{mine}"
    saved = client.patch(path, json=body, headers={**headers, **internal_headers()})
    assert (saved.status_code, saved.json["first_name"]) == (200, "Annie")
    assert saved.json["pending_email"] == NEW
    assert confirm(client, post).status_code == 200


def test_what_is_pending_is_withdrawn_and_withdrawn_again(client, headers, post):
    ask(client, headers)
    for _ in range(2):
        assert client.delete(URL, headers=headers).status_code == 204
    assert refused_as(confirm(client, post)) == (422, "code_not_accepted")


@pytest.mark.parametrize("way", ["asking", "changing"])
def test_an_older_login_needs_the_password(client, clock, headers, person, post, way):
    mine = client.get("/api/v1/accounts/me", headers=headers).json["id"]

    def sent(**more):
        body = {"email": NEW, **more}
        if way == "asking":
            return client.post(URL, json=body, headers=headers)
        return client.patch(f"/api/v1/accounts/{mine}", json=body, headers=headers)

    clock.advance(minutes=10)
    assert refused_as(sent()) == (403, "fresh_login_required")
    assert refused_as(sent(password="wrong password")) == (422, "password_incorrect")
    assert post.notices(EMAIL) == []
    assert sent(password=person.password).status_code in (200, 202)
    assert confirm(client, post).status_code == 200


def test_a_token_without_a_login_behind_it_is_no_fresh_login(client, person, post, token_maker):
    person.logged_in()
    stolen = token_maker.headers(person.id, "client")
    assert refused_as(ask(client, stolen)) == (403, "fresh_login_required")


def test_five_askings_a_day_whatever_the_door_and_the_answer(make_app, clock, headers, post):
    strict = make_app(RATE_LIMIT_SCALE="1").test_client()
    Person(strict, post, "taken@example.org").registered()
    mine = strict.get("/api/v1/accounts/me", headers=headers).json["id"]
    inside = {**headers, **internal_headers()}
    askings = [
        lambda: ask(strict, headers, "one@example.org"),
        lambda: strict.patch(
            f"/api/v1/accounts/{mine}", json={"email": "two@example.org"}, headers=headers
        ),
        lambda: through_door(strict, headers, "taken@example.org"),
        lambda: through_door(strict, headers, "three@example.org"),
        lambda: strict.patch(
            f"/internal/v1/accounts/{mine}", json={"email": "four@example.org"}, headers=inside
        ),
    ]
    statuses = [asking().status_code for asking in askings]
    assert statuses == [202, 200, 409, 202, 200]
    for asking in askings:
        assert refused_as(asking()) == (429, "too_many_requests")
    assert confirm(strict, post, "four@example.org").status_code == 200


def test_an_unknown_undo_token_is_refused(client):
    assert refused_as(undo(client, "0" * 64)) == (422, "undo_token_not_accepted")


def test_without_a_token_nobody_changes_an_address(client, post):
    assert refused_as(ask(client, {})) == (401, "not_authenticated")
    assert post.count() == 0
