"""Signing up: never tells whether an address is known, and gives nobody a door."""

import pytest
from sqlalchemy import event

from auth_service.tests.factories import EMAIL, OTHER_PASSWORD, PASSWORD, Person, bearer, wrong
from shared.testing.tokens import internal_headers
from shared.testing.waiting import at_the_same_time

URL = "/api/v1/registrations"


def test_a_sign_up_opens_an_unproved_clients_account(client, post):
    anna = Person(client, post)
    answer = anna.sign_up()
    assert (answer.status_code, answer.json) == (202, {"email": EMAIL})
    registered = post.events("auth.account.registered.v1")
    assert len(registered) == 1
    assert registered[0]["role"] == "client"
    assert registered[0]["is_verified"] is False
    assert len(post.code(EMAIL)) == 6
    assert anna.logged_in()["account"]["is_verified"] is False


def test_the_mailed_code_proves_the_address(client, post):
    anna = Person(client, post).registered()
    answer = anna.verify(post.code(EMAIL))
    assert (answer.status_code, answer.json) == (200, {"email": EMAIL, "purpose": "sign_up"})
    changed = post.events("auth.account.changed.v1")[-1]
    assert changed["is_verified"] is True
    assert changed["version"] > post.events("auth.account.registered.v1")[-1]["version"]


def test_no_code_password_or_hash_is_announced_or_answered_in_clear(client, post):
    anna = Person(client, post)
    text = str(anna.sign_up().json) + str(post.events("auth.code.issued.v1"))
    assert post.code(EMAIL) not in text
    assert PASSWORD not in text
    assert "argon2" not in text + str(post.events("auth.account.registered.v1"))


def test_the_address_is_kept_in_lower_case_and_known_in_any_case(client, post):
    answer = Person(client, post, "Anna@Example.ORG").sign_up()
    assert answer.json == {"email": "anna@example.org"}
    Person(client, post, "ANNA@example.org").sign_up()
    assert len(post.events("auth.account.registered.v1")) == 1


def test_signing_up_with_a_proved_address_changes_nothing_and_tells_its_owner(client, post, person):
    before = person.logged_in()["account"]
    again = person.sign_up(password=OTHER_PASSWORD, first_name="Mallory")
    assert (again.status_code, again.json) == (202, {"email": EMAIL})
    assert post.notices(EMAIL) == ["already_registered"]
    assert len(post.codes(EMAIL)) == 1
    assert person.logged_in()["account"] == before
    assert person.log_in(OTHER_PASSWORD).status_code == 401


def test_a_second_sign_up_on_an_unproved_address_adopts_its_password_and_names(client, post):
    mallory = Person(client, post, password=OTHER_PASSWORD)
    mallory.first_name = "Mallory"
    mallory.registered()
    old_code = post.code(EMAIL)
    anna = Person(client, post).registered()
    assert anna.log_in().status_code == 401
    assert anna.verify(old_code).status_code == 422
    anna.verified()
    assert mallory.log_in().status_code == 401
    account = anna.logged_in()["account"]
    assert account["first_name"] == "Anna"
    assert account["is_verified"] is True


@pytest.mark.parametrize("door", ["wellbeing", "accounts", "matching"])
def test_pre_registration_by_somebody_else_gives_no_door(app, client, post, ended_sessions, door):
    """Decided: verifying ends every earlier login session, pending change and password."""
    mallory = Person(client, post, password=OTHER_PASSWORD)
    if door == "wellbeing":
        mallory.registered()
        tokens = [mallory.logged_in()]
    else:
        tokens = [mallory.open_through(door).json, mallory.logged_in()]
    hold = bearer(tokens[0]["access_token"])
    change = {"email": "mallory@example.org"}
    assert (
        client.post("/api/v1/accounts/me/email-changes", json=change, headers=hold).status_code
        == 202
    )
    Person(client, post).registered().verified()
    for each in tokens:
        login_session_id = (
            app.extensions["hearth"].verifier.verify(each["access_token"]).login_session_id
        )
        assert ended_sessions.has_ended(login_session_id)
    body = {"refresh_token": tokens[-1]["refresh_token"]}
    assert client.post("/api/v1/login-sessions/refresh", json=body).status_code == 401
    assert mallory.log_in().status_code == 401
    code = post.code("mallory@example.org", "email_change")
    body = {"email": "mallory@example.org", "code": code}
    assert client.post("/api/v1/verifications", json=body).status_code == 422
    assert Person(client, post).log_in().status_code == 201


def test_a_new_code_is_bound_to_the_sign_up_of_the_older_one(client, post):
    Person(client, post, password=OTHER_PASSWORD).registered()
    anna = Person(client, post).registered()
    assert client.post("/api/v1/verification-codes", json={"email": EMAIL}).status_code == 202
    anna.verified()
    assert anna.log_in().status_code == 201


def test_verifying_ones_own_first_sign_up_keeps_the_login_sessions(
    app, client, post, ended_sessions
):
    anna = Person(client, post)
    token = anna.open_through("matching").json["access_token"]
    anna.verified()
    login_session_id = app.extensions["hearth"].verifier.verify(token).login_session_id
    assert not ended_sessions.has_ended(login_session_id)


def test_signing_up_at_the_same_time_opens_one_account(app, post):
    answers = at_the_same_time(
        [lambda: Person(app.test_client(), post).sign_up() for _ in range(10)]
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len(post.events("auth.account.registered.v1")) == 1
    assert Person(app.test_client(), post).verified().log_in().status_code == 201


def statements_of(database, work):
    """Give the writing statements of a request, without those of the event that mails."""
    found = []

    def note(connection, cursor, statement, parameters, context, executemany):
        words = statement.split()
        table = next((word for word in words if word.strip('"') in TABLES), "")
        found.append((words[0], table))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return [each for each in found if each[0] in WRITING and each[1] not in OF_MAILS]


TABLES = {"accounts", "codes", "outbox", "attempts", "audit_entries"}
OF_MAILS = {"outbox"}
WRITING = {"INSERT", "UPDATE", "DELETE"}


@pytest.mark.parametrize("url", ["/api/v1/password-resets", "/api/v1/verification-codes"])
def test_known_and_unknown_addresses_take_the_same_path_but_for_the_mail(
    app, client, clock, person, url
):
    database = app.extensions["hearth"].database
    for email in (person.email, "nobody@example.org"):
        client.post(url, json={"email": email})
    clock.advance(seconds=1)
    known = statements_of(database, lambda: client.post(url, json={"email": person.email}))
    unknown = statements_of(
        database, lambda: client.post(url, json={"email": "nobody@example.org"})
    )
    assert known == unknown
    assert known


def test_known_and_unknown_addresses_answer_alike_in_steps(client, person):
    answers = [
        client.post("/api/v1/password-resets", json={"email": email})
        for email in (person.email, "nobody@example.org")
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [list(answer.json) for answer in answers] == [["email"], ["email"]]


@pytest.mark.parametrize(
    ("password", "reasons"),
    [
        ("short", ["too_short"]),
        ("", ["too_short"]),
        ("x" * 129, ["too_long"]),
        ("7" * 5000, ["too_long", "entirely_numeric"]),
        ("password", ["too_common"]),
        ("PassWord", ["too_common"]),
        ("12345678", ["too_common", "entirely_numeric"]),
        ("1234567", ["too_short", "too_common", "entirely_numeric"]),
        ("anna@example.org", ["similar_to_email"]),
        ("ANNA@example.org", ["similar_to_email"]),
    ],
)
def test_a_password_against_the_policy_is_refused_with_every_reason(
    client, post, password, reasons
):
    answer = Person(client, post).sign_up(password=password)
    if password == "":
        assert answer.status_code == 422
        return
    assert (answer.status_code, answer.json["code"]) == (422, "password_rejected")
    assert answer.json["reasons"] == reasons
    assert post.count() == 0


def test_any_other_password_of_8_to_128_characters_is_accepted(client, post):
    for number, password in enumerate(["пароль здесь", "🙂" * 8, " spaces count ", "x'y\"z;--%"]):
        someone = Person(client, post, f"person{number}@example.org", password)
        assert someone.sign_up().status_code == 202
        assert someone.log_in().status_code == 201


def test_the_same_password_in_another_unicode_form_is_the_same(client, post):
    composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
    someone = Person(client, post, password=composed).registered()
    assert someone.log_in(decomposed).status_code == 201


def test_a_sign_up_takes_its_locale_from_accept_language(client, post):
    body = {"email": EMAIL, "password": PASSWORD, "first_name": "Anna"}
    client.post(URL, json=body, headers={"Accept-Language": "de, ar;q=0.8, ru;q=0.5"})
    assert post.events("auth.account.registered.v1")[0]["locale"] == "ar"


def test_a_sign_up_through_wellbeing_needs_the_internal_key(client, post):
    body = {
        "email": EMAIL,
        "password": PASSWORD,
        "first_name": "Anna",
        "last_name": "K",
        "locale": "ru",
        "opened_through": "wellbeing",
    }
    url = "/internal/v1/registrations"
    assert client.post(url, json=body).status_code == 401
    assert post.count() == 0
    answer = client.post(url, json=body, headers=internal_headers())
    assert (answer.status_code, answer.json) == (202, {"email": EMAIL})
    assert post.events("auth.account.registered.v1")[0]["locale"] == "ru"


def test_a_wrong_code_leaves_the_account_unproved(client, post):
    anna = Person(client, post).registered()
    answer = anna.verify(wrong(post.code(EMAIL)))
    assert (answer.status_code, answer.json["code"]) == (422, "code_not_accepted")
    assert anna.logged_in()["account"]["is_verified"] is False
