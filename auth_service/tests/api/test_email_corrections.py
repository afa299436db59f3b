"""Staff correct an address with the old mailbox's consent or a second staff member's alone."""

import pytest

from auth_service.tests.factories import EMAIL, OTHER_PASSWORD, PASSWORD, Person, bearer

NEW = "new@example.org"
ACCOUNTS = "/api/v1/accounts"
CORRECTIONS = "/api/v1/email-corrections"


@pytest.fixture
def staff(client, post, token_maker):
    """Give the tokens of two admins and a moderator who have accounts."""
    root = token_maker.headers(10**6, "admin")

    def opened(number, role):
        body = {"email": f"staff{number}@example.org", "first_name": "Staff", "role": role}
        assert client.post(ACCOUNTS, json=body, headers=root).status_code == 201
        accepted = {"token": post.invitation_token(body["email"]), "password": PASSWORD}
        assert client.post("/api/v1/invitations/acceptance", json=accepted).status_code == 200
        login = {"email": body["email"], "password": PASSWORD}
        opened = client.post("/api/v1/login-sessions", json=login).json
        return bearer(opened["access_token"])

    return [opened(1, "admin"), opened(2, "admin"), opened(3, "moderator")]


@pytest.fixture
def anna(person):
    person.logged_in()
    return person


def propose(client, anna, headers, email=NEW):
    path = f"{ACCOUNTS}/{anna.id}/email-corrections"
    return client.post(path, json={"email": email}, headers=headers)


def confirm(client, post, email=NEW):
    body = {"email": email, "code": post.code(email, "email_change")}
    return client.post("/api/v1/verifications", json=body)


def consent(client, post):
    token = post.notice_token(EMAIL, "email_correction_requested")
    return client.post("/api/v1/verifications", json={"token": token})


def refused_as(answer):
    return answer.status_code, answer.json["code"]


@pytest.mark.parametrize("way", ["proposing", "changing", "changing through a door"])
def test_nothing_changes_and_nothing_is_mailed_there_until_somebody_agrees(
    client, anna, post, staff, way
):
    if way == "proposing":
        answer = propose(client, anna, staff[0])
        assert (answer.status_code, answer.json["email"]) == (201, NEW)
    else:
        from shared.testing.tokens import internal_headers

        kind = "api" if way == "changing" else "internal"
        answer = client.patch(
            f"/{kind}/v1/accounts/{anna.id}",
            json={"email": NEW, "last_name": "Nagy"},
            headers={**staff[0], **internal_headers()},
        )
        assert (answer.status_code, answer.json["last_name"]) == (200, "Nagy")
        assert answer.json["pending_email"] is None
    assert post.notices(EMAIL) == ["email_correction_requested"]
    assert post.codes(NEW, "email_change") == []
    assert anna.log_in().status_code == 201
    reset = client.post("/api/v1/password-resets", json={"email": NEW})
    assert reset.status_code == 202
    assert post.codes(NEW, "password_reset") == []


def test_the_old_mailbox_agrees_once_and_the_new_one_proves_itself(client, anna, post, staff):
    propose(client, anna, staff[0])
    agreed = consent(client, post)
    assert (agreed.status_code, agreed.json) == (
        200,
        {"email": NEW, "purpose": "email_correction"},
    )
    assert anna.log_in().status_code == 201
    assert refused_as(consent(client, post)) == (422, "link_not_accepted")
    assert confirm(client, post).status_code == 200
    assert Person(client, post, NEW).log_in().status_code == 201
    assert client.get(CORRECTIONS, headers=staff[1]).json["items"] == []


@pytest.mark.parametrize("second", [1, 2])
def test_a_second_staff_member_agrees(client, anna, post, staff, second):
    made = propose(client, anna, staff[0]).json
    assert client.get(CORRECTIONS, headers=staff[second]).json["items"] == [made]
    path = f"{CORRECTIONS}/{made['id']}/approval"
    assert refused_as(client.post(path, headers=staff[0])) == (403, "not_allowed")
    answer = client.post(path, headers=staff[second])
    assert (answer.status_code, answer.json) == (202, {"email": NEW})
    again = client.post(path, headers=staff[second])
    assert refused_as(again) == (404, "email_correction_not_found")
    assert post.notices(EMAIL)[-1] == "email_change_requested"
    assert confirm(client, post).status_code == 200


def test_an_approval_is_worth_nothing_when_who_proposed_it_is_locked(
    client, anna, post, staff, token_maker
):
    made = propose(client, anna, staff[0]).json
    root = token_maker.headers(10**6, "admin")
    locked = client.put(f"{ACCOUNTS}/{made['asked_by']}/lock", headers=root)
    assert locked.status_code == 204
    answer = client.post(f"{CORRECTIONS}/{made['id']}/approval", headers=staff[1])
    assert refused_as(answer) == (403, "not_allowed")
    assert post.codes(NEW, "email_change") == []


def opened_by(client, post, headers, number, role):
    """Open a staff account and give its id and token."""
    body = {"email": f"puppet{number}@example.org", "first_name": "Staff", "role": role}
    made = client.post(ACCOUNTS, json=body, headers=headers)
    assert made.status_code == 201
    accepted = {"token": post.invitation_token(body["email"]), "password": PASSWORD}
    assert client.post("/api/v1/invitations/acceptance", json=accepted).status_code == 200
    login = {"email": body["email"], "password": PASSWORD}
    token = client.post("/api/v1/login-sessions", json=login).json["access_token"]
    return made.json["id"], bearer(token)


def test_who_proposes_makes_nobody_who_agrees_and_the_other_way_round(client, anna, post, staff):
    _, puppet = opened_by(client, post, staff[0], 1, "admin")
    _, puppets_own = opened_by(client, post, puppet, 2, "moderator")
    third, _ = opened_by(client, post, staff[1], 4, "therapist")
    role = {"role": "moderator"}
    assert client.put(f"{ACCOUNTS}/{third}/role", json=role, headers=staff[0]).status_code == 200
    login = {"email": "puppet4@example.org", "password": PASSWORD}
    given = bearer(client.post("/api/v1/login-sessions", json=login).json["access_token"])
    made = propose(client, anna, staff[0]).json
    for approver in (puppet, puppets_own, given):
        answer = client.post(f"{CORRECTIONS}/{made['id']}/approval", headers=approver)
        assert refused_as(answer) == (403, "not_allowed")
    made = propose(client, anna, puppet).json
    answer = client.post(f"{CORRECTIONS}/{made['id']}/approval", headers=staff[0])
    assert refused_as(answer) == (403, "not_allowed")
    assert post.codes(NEW, "email_change") == []


def test_the_old_mailbox_undoes_what_staff_approved(client, anna, clock, post, staff):
    made = propose(client, anna, staff[0]).json
    client.post(f"{CORRECTIONS}/{made['id']}/approval", headers=staff[1])
    token = post.notice_token(EMAIL, "email_change_requested")
    assert confirm(client, post).status_code == 200
    clock.advance(days=6, hours=23)
    undone = client.post("/api/v1/email-changes/undo", json={"token": token})
    assert (undone.status_code, undone.json) == (200, {"email": EMAIL})
    assert Person(client, post, NEW).log_in().status_code == 401


def test_a_lock_cancels_what_was_proposed(client, anna, post, staff):
    made = propose(client, anna, staff[0]).json
    lock = f"{ACCOUNTS}/{anna.id}/lock"
    assert client.put(lock, headers=staff[1]).status_code == 204
    assert client.delete(lock, headers=staff[1]).status_code == 204
    assert refused_as(consent(client, post)) == (422, "link_not_accepted")
    answer = client.post(f"{CORRECTIONS}/{made['id']}/approval", headers=staff[1])
    assert refused_as(answer) == (404, "email_correction_not_found")


def test_a_proposal_is_good_for_three_days_and_replaced_by_a_later_one(
    client, anna, clock, post, staff
):
    first = propose(client, anna, staff[0]).json
    propose(client, anna, staff[0], "other@example.org")
    answer = client.post(f"{CORRECTIONS}/{first['id']}/approval", headers=staff[1])
    assert refused_as(answer) == (404, "email_correction_not_found")
    clock.advance(hours=72)
    assert refused_as(consent(client, post)) == (422, "link_not_accepted")


def test_a_taken_address_is_not_proposed(client, anna, post, staff):
    Person(client, post, "taken@example.org", OTHER_PASSWORD).registered()
    answer = propose(client, anna, staff[0], "taken@example.org")
    assert refused_as(answer) == (409, "email_taken")
    assert post.notices(EMAIL) == []


def test_staff_change_their_own_address_as_everybody_does(client, staff):
    own = client.get(f"{ACCOUNTS}/me", headers=staff[0]).json["id"]
    answer = client.post(
        f"{ACCOUNTS}/{own}/email-corrections", json={"email": NEW}, headers=staff[0]
    )
    assert refused_as(answer) == (403, "not_allowed")
