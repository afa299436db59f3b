"""Opening, reading, changing, locking accounts, and giving roles."""

from functools import partial

import pytest
from sqlalchemy import func, select

from auth_service.models.audit_entries import audit_entries
from auth_service.tests.factories import EMAIL, OTHER_PASSWORD, PASSWORD, Person, bearer
from shared.idempotency_keys import idempotency_keys
from shared.testing.tokens import internal_headers
from shared.testing.waiting import at_the_same_time

URL = "/api/v1/accounts"
ADMIN_ID = 10**6


@pytest.fixture
def admin(token_maker):
    return token_maker.headers(ADMIN_ID, "admin")


@pytest.fixture
def moderator(token_maker):
    return token_maker.headers(ADMIN_ID + 1, "moderator")


def opened(client, headers, **changes):
    body = {"email": EMAIL, "first_name": "Anna", "role": "client", **changes}
    if body["role"] == "client":
        body.setdefault("password", PASSWORD)
    return client.post(URL, json=body, headers=headers)


def refused_as(answer):
    return answer.status_code, answer.json["code"]


def acts(database):
    return database.reading(
        lambda session: list(session.execute(select(audit_entries.c.act, audit_entries.c.actor_id)))
    )


def test_staff_open_a_clients_account(client, moderator, post):
    answer = opened(client, moderator, user_name="anna", country="HU", time_zone="Europe/Budapest")
    assert answer.status_code == 201
    assert answer.json == {
        "id": answer.json["id"],
        "email": EMAIL,
        "user_name": "anna",
        "first_name": "Anna",
        "last_name": "",
        "role": "client",
        "is_verified": False,
        "is_locked": False,
        "must_change_password": False,
        "created_at": "2026-07-06T08:00:00.000000Z",
    }
    announced = post.events("auth.account.registered.v1")[0]
    assert (announced["country"], announced["time_zone"]) == ("HU", "Europe/Budapest")
    assert len(post.codes(EMAIL)) == 1


def test_nobody_but_staff_learns_by_opening_whether_an_address_is_taken(
    client, admin, post, token_maker
):
    opened(client, admin)
    before = post.count()
    strangers: tuple[dict[str, str], ...] = (
        {},
        token_maker.headers(77),
        token_maker.headers(77, "therapist"),
    )
    for headers, refusal in zip(
        strangers,
        [(401, "not_authenticated"), (403, "not_allowed"), (403, "not_allowed")],
        strict=True,
    ):
        for email in (EMAIL, "nobody@example.org"):
            assert refused_as(opened(client, headers, email=email)) == refusal
    assert post.count() == before


def test_a_taken_address_is_a_conflict_in_any_case(client, admin):
    opened(client, admin)
    assert refused_as(opened(client, admin, email="ANNA@example.org")) == (409, "email_taken")


def test_a_taken_user_name_is_a_conflict_in_any_case(client, admin, post):
    opened(client, admin, user_name="Straße")
    before = post.count()
    answer = opened(client, admin, email="boris@example.org", user_name="STRASSE")
    assert refused_as(answer) == (409, "user_name_taken")
    assert post.count() == before


@pytest.mark.parametrize("name", ["Bоb", "BОB", "Bo\u200bb", "B0b", "Ｂｏｂ"])
def test_a_user_name_that_looks_like_a_taken_one_is_a_conflict(client, admin, post, person, name):
    opened(client, admin, email="bob@example.org", user_name="Bob")
    answer = opened(client, admin, email="other@example.org", user_name=name)
    assert refused_as(answer) == (409, "user_name_taken")
    headers = person.headers()
    url = f"{URL}/{person.id}"
    assert refused_as(client.patch(url, json={"user_name": name}, headers=headers)) == (
        409,
        "user_name_taken",
    )
    boris = Person(client, post, "boris@example.org")
    through = boris.open_through("accounts", user_name=name)
    assert refused_as(through) == (409, "user_name_taken")


def test_a_user_name_may_be_changed_to_one_that_looks_the_same(client, person):
    headers = person.headers()
    for name in ("Bob", "BOB", "B0B"):
        answer = client.patch(f"{URL}/{person.id}", json={"user_name": name}, headers=headers)
        assert (answer.status_code, answer.json["user_name"]) == (200, name)


@pytest.mark.parametrize("name", ["Алёна", "Иван_1", "محمد", "李明", "Ελένη"])
def test_a_user_name_of_any_script_is_taken_as_it_is(client, admin, name):
    answer = opened(client, admin, user_name=name)
    assert (answer.status_code, answer.json["user_name"]) == (201, name)


def test_user_names_that_look_alike_opened_at_the_same_time_have_one_winner(app, admin, post):
    works = [
        partial(opened, app.test_client(), admin, email=f"p{number}@example.org", user_name=name)
        for number, name in enumerate(["Bob", "Bоb", "BОB", "B0b", "Ｂob", "Bo\u200bb"])
    ]
    answers = at_the_same_time(works)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5


def test_one_address_opened_at_the_same_time_has_one_winner(app, admin, post):
    answers = at_the_same_time([lambda: opened(app.test_client(), admin) for _ in range(10)])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert len(post.events("auth.account.registered.v1")) == 1


def test_one_user_name_opened_at_the_same_time_has_one_winner(app, admin, post):
    works = [
        partial(opened, app.test_client(), admin, email=f"p{number}@example.org", user_name="same")
        for number in range(8)
    ]
    answers = at_the_same_time(works)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len(post.events("auth.account.registered.v1")) == 1


@pytest.mark.parametrize(
    ("caller", "role", "status"),
    [
        ("moderator", "client", 201),
        ("client", "therapist", 403),
        ("therapist", "therapist", 403),
        ("moderator", "therapist", 201),
        ("moderator", "moderator", 403),
        ("moderator", "admin", 403),
        ("admin", "therapist", 201),
        ("admin", "moderator", 201),
        ("admin", "admin", 201),
    ],
)
def test_privileged_roles_are_never_self_made(client, post, token_maker, caller, role, status):
    headers = token_maker.headers(ADMIN_ID, caller)
    answer = opened(client, headers, role=role)
    assert answer.status_code == status
    assert post.count() == (2 if status == 201 else 0)
    body = {"role": role, "user_name": "other", "email": "other@example.org", "headers": headers}
    assert Person(client, post).open_through("accounts", **body).status_code == status


@pytest.mark.parametrize("role", ["therapist", "moderator", "admin"])
def test_nobody_without_a_token_opens_a_privileged_account(client, post, role):
    answer = Person(client, post).open_through("accounts", role=role)
    assert refused_as(answer) == (403, "not_allowed")
    assert post.count() == 0


def test_a_weak_password_is_refused_here_and_accepted_and_marked_for_older_systems(
    client, admin, post
):
    assert refused_as(opened(client, admin, password="password")) == (422, "password_rejected")
    anna = Person(client, post, password="password")
    answer = anna.open_through("accounts", user_name="anna")
    assert answer.status_code == 201
    assert answer.json["account"]["must_change_password"] is True
    assert anna.log_in().status_code == 201
    for password in ("short", "x" * 129):
        boris = Person(client, post, "boris@example.org", password)
        assert refused_as(boris.open_through("matching")) == (422, "password_rejected")


def test_opening_through_an_older_system_logs_in_at_once(app, client, post):
    answer = Person(client, post).open_through("matching")
    assert answer.status_code == 201
    assert answer.json["refresh_token"] is None
    me = client.get(f"{URL}/me", headers=bearer(answer.json["access_token"]))
    assert me.json["email"] == EMAIL
    assert len(post.codes(EMAIL)) == 1
    again = Person(client, post).open_through("matching")
    assert refused_as(again) == (409, "email_taken")


def test_opening_through_an_older_system_needs_the_internal_key(client, post):
    body = {"email": EMAIL, "password": PASSWORD, "first_name": "A", "opened_through": "matching"}
    assert client.post("/internal/v1/accounts", json=body).status_code == 401
    assert post.count() == 0


def test_an_idempotency_key_leaves_nothing_of_a_password(client, admin, database, post):
    key = {**admin, "Idempotency-Key": "order-1"}
    assert opened(client, key).status_code == 201
    assert refused_as(opened(client, key)) == (409, "email_taken")
    kept = select(func.count()).select_from(idempotency_keys)
    assert database.reading(lambda session: session.execute(kept).scalar_one()) == 0
    assert len(post.events("auth.account.registered.v1")) == 1


@pytest.mark.parametrize("door", ["/internal/v1/accounts", URL])
def test_an_idempotency_key_renames_once(client, person, database, door: str):
    headers = bearer(person.logged_in()["access_token"])
    url = f"{door}/{person.id}"
    keyed = {**headers, **internal_headers(), "Idempotency-Key": "names-1"}
    change = {"first_name": "Once", "email": person.email}
    first = client.patch(url, json=change, headers=keyed)
    assert (first.status_code, first.json["first_name"]) == (200, "Once")
    assert client.patch(url, json=change, headers=keyed).json == first.json
    client.patch(f"{URL}/{person.id}", json={"first_name": "Later"}, headers=headers)
    again = client.patch(url, json=change, headers=keyed)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    other = client.patch(url, json={"first_name": "Other"}, headers=keyed)
    assert refused_as(other) == (409, "idempotency_key_reused")
    assert client.get(f"{URL}/me", headers=headers).json["first_name"] == "Later"


def test_an_idempotency_key_keeps_nothing_of_a_change_of_address(client, person, database, post):
    headers = bearer(person.logged_in()["access_token"])
    keyed = {**headers, **internal_headers(), "Idempotency-Key": "address-1"}
    change = {"first_name": "Once", "email": "another@example.org"}
    answer = client.patch(f"/internal/v1/accounts/{person.id}", json=change, headers=keyed)
    named = client.patch(
        f"{URL}/{person.id}", json={"first_name": "Once", "password": PASSWORD}, headers=keyed
    )
    assert (answer.status_code, named.status_code) == (200, 200)
    kept = select(func.count()).select_from(idempotency_keys)
    assert database.reading(lambda session: session.execute(kept).scalar_one()) == 0


def test_a_token_without_an_account_reads_nothing(client, token_maker):
    answer = client.get(f"{URL}/me", headers=token_maker.headers(99))
    assert refused_as(answer) == (404, "account_not_found")


def test_ones_own_account_looks_the_same_wherever_it_is_answered(client, person):
    tokens = person.logged_in()
    headers = bearer(tokens["access_token"])
    own = client.get(f"{URL}/me", headers=headers).json
    by_id = client.get(f"{URL}/{person.id}", headers=headers).json
    listed = client.get(URL, headers=headers).json["items"]
    assert own == tokens["account"]
    assert listed == [own]
    assert by_id == {**own, "is_listed": False}


def test_nobody_without_a_token_reads_accounts(client):
    for url in (URL, f"{URL}/me", f"{URL}/1"):
        assert refused_as(client.get(url)) == (401, "not_authenticated")


def test_names_are_changed_by_their_owner(client, person, post):
    headers = person.headers()
    change = {"user_name": "annushka", "first_name": " Аня ", "last_name": ""}
    answer = client.patch(f"{URL}/{person.id}", json=change, headers=headers)
    assert answer.status_code == 200
    assert answer.json["user_name"] == "annushka"
    assert answer.json["first_name"] == "Аня"
    assert answer.json["last_name"] == ""
    assert answer.json["pending_email"] is None
    announced = post.events("auth.account.changed.v1")[-1]
    assert (announced["user_name"], announced["first_name"]) == ("annushka", "Аня")


def test_changing_nothing_announces_nothing(client, person, post):
    headers = person.headers()
    before = post.count()
    same = {"first_name": "Anna", "email": EMAIL.upper()}
    for change in ({}, same):
        answer = client.patch(f"{URL}/{person.id}", json=change, headers=headers)
        assert answer.status_code == 200
    assert post.count() == before


def test_another_address_waits_for_its_code_while_the_names_change_at_once(client, person, post):
    headers = person.headers()
    change = {"first_name": "Anne", "email": "new@example.org"}
    answer = client.patch(f"{URL}/{person.id}", json=change, headers=headers)
    assert answer.status_code == 200
    assert answer.json["email"] == EMAIL
    assert answer.json["pending_email"] == "new@example.org"
    assert answer.json["first_name"] == "Anne"
    assert len(post.codes("new@example.org", "email_change")) == 1


def test_a_refused_change_changes_nothing(client, admin, person, post):
    opened(client, admin, email="taken@example.org", user_name="taken")
    headers = person.headers()
    before = post.count()
    for door, change, code in (
        ("api", {"first_name": "Eve", "user_name": "TAKEN"}, "user_name_taken"),
        ("internal", {"first_name": "Eve", "user_name": "TAKEN"}, "user_name_taken"),
        ("internal", {"first_name": "Eve", "email": "taken@example.org"}, "email_taken"),
    ):
        url = f"/{door}/v1/accounts/{person.id}"
        answer = client.patch(url, json=change, headers={**headers, **internal_headers()})
        assert refused_as(answer) == (409, code)
    assert client.get(f"{URL}/me", headers=headers).json["first_name"] == "Anna"
    assert post.count() == before


def test_nobody_but_the_owner_and_admins_changes_an_account(
    client, person, moderator, admin, token_maker
):
    person.logged_in()
    change = {"first_name": "Eve"}
    for headers in (moderator, token_maker.headers(77), token_maker.headers(77, "therapist")):
        answer = client.patch(f"{URL}/{person.id}", json=change, headers=headers)
        assert refused_as(answer) == (403, "not_allowed")
    answer = client.patch(f"{URL}/{person.id}", json=change, headers=admin)
    assert (answer.status_code, answer.json["first_name"]) == (200, "Eve")
    unknown = client.patch(f"{URL}/999", json=change, headers=admin)
    assert refused_as(unknown) == (404, "account_not_found")


def test_changing_names_at_the_same_time_loses_no_version(app, person, post):
    headers = person.headers()
    works = [
        partial(
            app.test_client().patch,
            f"{URL}/{person.id}",
            json={"first_name": f"Anna {number}"},
            headers=headers,
        )
        for number in range(8)
    ]
    assert {answer.status_code for answer in at_the_same_time(works)} == {200}
    versions = [event["version"] for event in post.events("auth.account.changed.v1")]
    assert versions == sorted(set(versions))


def test_locking_ends_every_login_session_and_refuses_logins_until_unlocked(
    app, client, person, moderator, post, ended_sessions, database
):
    token = person.logged_in()["access_token"]
    for _twice in range(2):
        lock = client.put(f"{URL}/{person.id}/lock", headers=moderator)
        assert lock.status_code == 204
    login_session_id = app.extensions["hearth"].verifier.verify(token).login_session_id
    assert ended_sessions.has_ended(login_session_id)
    assert person.log_in().status_code == 401
    assert post.events("auth.account.changed.v1")[-1]["is_locked"] is True
    internal = client.get(f"/internal/v1/accounts/{person.id}", headers=internal_headers())
    assert internal.json["is_locked"] is True
    assert client.delete(f"{URL}/{person.id}/lock", headers=moderator).status_code == 204
    assert person.log_in().status_code == 201
    assert [act for act, actor in acts(database) if actor == ADMIN_ID + 1] == [
        "account_locked",
        "account_unlocked",
    ]


def test_who_may_lock_whom(client, person, moderator, admin, token_maker):
    staff_id = opened(client, admin, email="m@example.org", role="moderator").json["id"]
    assert refused_as(client.put(f"{URL}/{staff_id}/lock", headers=moderator)) == (
        403,
        "not_allowed",
    )
    myself = token_maker.headers(staff_id, "admin")
    assert client.put(f"{URL}/{staff_id}/lock", headers=myself).status_code == 403
    assert client.put(f"{URL}/{staff_id}/lock", headers=admin).status_code == 204
    assert client.put(f"{URL}/{staff_id}/lock", headers=person.headers()).status_code == 403
    unknown = client.put(f"{URL}/999/lock", headers=admin)
    assert refused_as(unknown) == (404, "account_not_found")


def test_a_new_role_ends_the_login_sessions_that_say_the_old_one(
    app, client, person, admin, moderator, post, ended_sessions
):
    token = person.logged_in()["access_token"]
    url, therapist = f"{URL}/{person.id}/role", {"role": "therapist"}
    assert client.put(url, json=therapist, headers=moderator).status_code == 403
    answer = client.put(url, json=therapist, headers=admin)
    assert (answer.status_code, answer.json["role"]) == (200, "therapist")
    login_session_id = app.extensions["hearth"].verifier.verify(token).login_session_id
    assert ended_sessions.has_ended(login_session_id)
    assert post.events("auth.account.changed.v1")[-1]["role"] == "therapist"
    bad = client.put(url, json={"role": "king"}, headers=admin)
    assert refused_as(bad) == (422, "invalid_request")


def test_an_admin_does_not_give_themselves_another_role(client, admin, token_maker):
    own_id = opened(client, admin, email="a@example.org", role="admin").json["id"]
    answer = client.put(
        f"{URL}/{own_id}/role",
        json={"role": "client"},
        headers=token_maker.headers(own_id, "admin"),
    )
    assert refused_as(answer) == (403, "not_allowed")


def test_services_read_accounts_with_locale_and_version(client, person, post):
    person.logged_in()
    one = client.get(f"/internal/v1/accounts/{person.id}", headers=internal_headers())
    assert one.status_code == 200
    assert (one.json["locale"], one.json["email"]) == ("en", EMAIL)
    assert one.json["version"] == post.events("auth.account.changed.v1")[-1]["version"]
    query = f"?ids={person.id},999,{10**15},{10**16 - 1}"
    several = client.get(f"/internal/v1/accounts{query}", headers=internal_headers())
    assert [item["id"] for item in several.json["items"]] == [person.id]
    for bad in ("", "?ids=", "?ids=x", "?ids=1;2", "?ids=" + ",".join(["1"] * 101)):
        answer = client.get(f"/internal/v1/accounts{bad}", headers=internal_headers())
        assert answer.status_code == 422


@pytest.mark.parametrize("account_id", [0, 2**53 + 1, 2**63, 10**30])
def test_an_id_that_cannot_exist_is_not_found(client, admin, account_id):
    for url in (f"{URL}/{account_id}", f"/internal/v1/accounts/{account_id}"):
        answer = client.get(url, headers={**admin, **internal_headers()})
        assert answer.status_code == 404
    assert client.put(f"{URL}/{account_id}/lock", headers=admin).status_code == 404
    change = client.patch(f"{URL}/{account_id}", json={}, headers=admin)
    assert change.status_code == 404


def test_what_staff_read_of_others_is_audited(client, database, person, admin):
    person.logged_in()
    client.get(f"{URL}/{person.id}", headers=admin)
    client.get(URL, headers=admin)
    staff_acts = [act for act, actor in acts(database) if actor == ADMIN_ID]
    assert staff_acts == ["account_read", "accounts_listed"]


def test_the_audit_record_refuses_to_be_changed(database, person):
    from sqlalchemy import delete, update
    from sqlalchemy.exc import DBAPIError

    for statement in (update(audit_entries).values(act="nothing"), delete(audit_entries)):
        with pytest.raises(DBAPIError, match="append-only"):
            database.writing(lambda session, statement=statement: session.execute(statement))


def test_a_password_never_stands_in_the_audit_record_or_a_log(client, capsys, database, person):
    person.log_in(OTHER_PASSWORD)
    text = str(acts(database)) + capsys.readouterr().out
    for secret in (PASSWORD, OTHER_PASSWORD, EMAIL):
        assert secret not in text
