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
    assert (answer.status_code, set(answer.json)) == (202, {"email", "secret"})
    assert answer.json["email"] == EMAIL
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
    assert answer.json["email"] == "anna@example.org"
    Person(client, post, "ANNA@example.org").sign_up()
    assert len(post.events("auth.account.registered.v1")) == 1


def test_signing_up_with_a_proved_address_changes_nothing_and_tells_its_owner(client, post, person):
    before = person.logged_in()["account"]
    again = person.sign_up(password=OTHER_PASSWORD, first_name="Mallory")
    assert (again.status_code, set(again.json)) == (202, {"email", "secret"})
    assert post.notices(EMAIL) == ["already_registered"]
    assert len(post.codes(EMAIL)) == 1
    assert person.logged_in()["account"] == before
    assert person.log_in(OTHER_PASSWORD).status_code == 401


def is_refused(answer):
    return (answer.status_code, answer.json["code"]) == (401, "invalid_credentials")


def set_password_by_mail(client, post, password, email=EMAIL):
    """Follow the link of the mail that comes where no password stands."""
    body = {"token": post.notice_token(email, "password_needed"), "password": password}
    answer = client.post("/api/v1/password-resets/confirm", json=body)
    assert (answer.status_code, answer.json) == (200, {"email": email})


def the_owner(client, post, way):
    """Open the owner's account in one of the ways."""
    owner = Person(client, post)
    if way == "wellbeing":
        return owner.sign_up_through_wellbeing()
    if way == "api":
        return owner.registered()
    assert owner.open_through(way).status_code == 201
    return owner


def a_stranger(client, post):
    stranger = Person(client, post, password=OTHER_PASSWORD)
    stranger.first_name = "Mallory"
    return stranger


WAYS = ["wellbeing", "api", "accounts", "matching"]


@pytest.mark.parametrize("strangers", ["wellbeing", "api"])
@pytest.mark.parametrize("entered", ["wellbeing", "api", "link"])
@pytest.mark.parametrize("way", WAYS)
def test_after_a_strangers_later_sign_up_the_newest_code_lets_nobodys_password_stand(
    client, post, way, entered, strangers
):
    owner = the_owner(client, post, way)
    stranger = a_stranger(client, post)
    if strangers == "wellbeing":
        stranger.sign_up_through_wellbeing()
    else:
        stranger.registered()
    if entered == "wellbeing":
        proved = owner.verify_through_wellbeing()
    elif entered == "api":
        proved = owner.verify(post.code(EMAIL))
    else:
        proved = client.post("/api/v1/verifications", json={"token": post.link(EMAIL)})
    assert (proved.status_code, proved.json["email"]) == (200, EMAIL)
    assert is_refused(stranger.log_in())
    assert is_refused(owner.log_in())
    assert is_refused(stranger.log_in_through("wellbeing", require_verified=True))
    assert post.notices(EMAIL) == ["password_needed"]
    set_password_by_mail(client, post, "the owner's own now")
    account = Person(client, post, password="the owner's own now").logged_in()["account"]
    assert account["is_verified"]
    assert account["first_name"] == "Anna"


@pytest.mark.parametrize("way", WAYS)
def test_after_a_strangers_earlier_sign_up_the_newest_code_lets_nobodys_password_stand(
    client, post, way
):
    stranger = a_stranger(client, post).sign_up_through_wellbeing()
    owner = Person(client, post)
    if way == "wellbeing":
        owner.sign_up_through_wellbeing()
    elif way == "api":
        owner.registered()
    else:
        assert owner.open_through(way).status_code == 409
    client.post("/api/v1/verification-codes", json={"email": EMAIL})
    assert owner.verify_through_wellbeing().status_code == 200
    assert is_refused(stranger.log_in())
    set_password_by_mail(client, post, PASSWORD)
    assert owner.log_in().status_code == 201


@pytest.mark.parametrize("door", ["accounts", "matching"])
def test_an_account_of_another_system_that_is_used_is_taken_over_by_nobody(
    app, client, post, ended_sessions, door
):
    owner = Person(client, post)
    tokens = [owner.open_through(door).json, owner.logged_in()]
    change = {"email": "third@example.org"}
    hold = bearer(tokens[0]["access_token"])
    asked = client.post("/api/v1/accounts/me/email-changes", json=change, headers=hold)
    assert asked.status_code == 202
    stranger = a_stranger(client, post).sign_up_through_wellbeing()
    assert owner.verify_through_wellbeing().status_code == 200
    for each in tokens:
        login = app.extensions["hearth"].verifier.verify(each["access_token"]).login_session_id
        assert ended_sessions.has_ended(login)
    refresh = {"refresh_token": tokens[-1]["refresh_token"]}
    assert client.post("/api/v1/login-sessions/refresh", json=refresh).status_code == 401
    code = post.code("third@example.org", "email_change")
    body = {"email": "third@example.org", "code": code}
    assert client.post("/api/v1/verifications", json=body).status_code == 422
    assert is_refused(stranger.log_in())
    set_password_by_mail(client, post, PASSWORD)
    assert owner.logged_in()["account"]["first_name"] == "Anna"


@pytest.mark.parametrize("door", ["accounts", "matching"])
def test_proving_the_address_of_another_systems_account_alone_closes_its_doors(
    app, client, post, ended_sessions, door
):
    anna = Person(client, post)
    token = anna.open_through(door).json["access_token"]
    answer = anna.verify_through_wellbeing()
    assert answer.json == {"email": EMAIL, "purpose": "sign_up", "is_password_needed": True}
    login_session_id = app.extensions["hearth"].verifier.verify(token).login_session_id
    assert ended_sessions.has_ended(login_session_id)
    assert is_refused(anna.log_in())
    set_password_by_mail(client, post, PASSWORD)
    assert anna.log_in_through("wellbeing", require_verified=True).status_code == 201


@pytest.mark.parametrize("role", ["client", "therapist", "moderator", "admin"])
def test_an_account_opened_by_staff_is_never_adopted(client, post, token_maker, role):
    body = {"email": EMAIL, "first_name": "Anna", "role": role}
    if role == "client":  # others are opened by invitation only
        body["password"] = PASSWORD
    opened = client.post("/api/v1/accounts", json=body, headers=token_maker.headers(9, "admin"))
    assert opened.status_code == 201
    stranger = a_stranger(client, post).registered()
    body = {"email": EMAIL, "code": post.code(EMAIL), "secret": stranger.secret}
    assert client.post("/api/v1/verifications", json=body).status_code == 200
    assert is_refused(stranger.log_in())
    assert is_refused(Person(client, post).log_in())
    set_password_by_mail(client, post, "the owner's own now")
    account = Person(client, post, password="the owner's own now").logged_in()["account"]
    assert (account["first_name"], account["role"]) == ("Anna", role)


@pytest.mark.parametrize("through", ["wellbeing", "api"])
def test_sign_ups_with_one_password_let_it_stand_with_the_newest_names_and_language(
    client, post, through
):
    for name, locale in (("Ann", "ru"), ("Anna", "ar")):
        anna = Person(client, post)
        anna.first_name = name
        answer = anna.sign_up(locale=locale)
        if through == "wellbeing":
            anna.sign_up_through_wellbeing()
        anna.secret = answer.json["secret"]
    if through == "wellbeing":
        assert anna.verify_through_wellbeing().status_code == 200
    else:
        anna.verified()
    account = anna.logged_in()["account"]
    assert (account["first_name"], account["is_verified"]) == ("Anna", True)
    locale = post.events("auth.account.changed.v1")[-1]["locale"]
    assert locale == ("en" if through == "wellbeing" else "ar")
    assert post.notices(EMAIL) == []


def test_the_secret_of_any_sign_up_with_the_same_password_lets_it_stand(client, post):
    anna = Person(client, post).registered()
    Person(client, post).registered()
    anna.verified()
    assert anna.log_in().status_code == 201


@pytest.mark.parametrize("secret", [None, "not the secret"])
@pytest.mark.parametrize("way", ["wellbeing", "api"])
def test_without_its_secret_the_clean_api_lets_no_password_stand(client, post, way, secret):
    stranger = a_stranger(client, post)
    stranger = stranger.registered() if way == "api" else stranger.sign_up_through_wellbeing()
    shown = {"secret": secret} if secret is not None else {}
    body = {"email": EMAIL, "code": post.code(EMAIL), **shown}
    answer = client.post("/api/v1/verifications", json=body)
    assert answer.json == {"email": EMAIL, "purpose": "sign_up", "is_password_needed": True}
    assert is_refused(stranger.log_in())


def test_a_sign_up_of_the_clean_api_proved_through_wellbeing_lets_no_password_stand(client, post):
    stranger = a_stranger(client, post).registered()
    assert Person(client, post).verify_through_wellbeing().status_code == 200
    assert is_refused(stranger.log_in())


def test_a_sign_up_of_wellbeing_that_was_used_meanwhile_lets_no_password_stand(client, post):
    stranger = a_stranger(client, post).sign_up_through_wellbeing()
    token = stranger.log_in_through("matching").json["access_token"]
    assert Person(client, post).verify_through_wellbeing().status_code == 200
    assert is_refused(stranger.log_in())
    listed = client.get("/api/v1/login-sessions", headers=bearer(token)).json["items"]
    assert listed == []


def test_a_sign_up_of_wellbeing_alone_lets_its_password_stand(client, post):
    anna = Person(client, post).sign_up_through_wellbeing()
    answer = anna.verify_through_wellbeing()
    assert (answer.status_code, answer.json) == (200, {"email": EMAIL, "purpose": "sign_up"})
    assert anna.log_in_through("wellbeing", require_verified=True).status_code == 201


def test_ones_own_secret_keeps_the_login_sessions(app, client, post, ended_sessions):
    anna = Person(client, post).registered()
    token = anna.logged_in()["access_token"]
    anna.verified()
    login_session_id = app.extensions["hearth"].verifier.verify(token).login_session_id
    assert not ended_sessions.has_ended(login_session_id)


def test_a_new_code_asked_for_alone_forgets_no_competing_sign_up(client, clock, database, post):
    """Nor does time: what contests an account outlives its codes."""
    from auth_service.jobs.pruning import prune

    anna = Person(client, post).sign_up_through_wellbeing()
    a_stranger(client, post).sign_up_through_wellbeing()
    clock.advance(days=30)
    prune(database, clock)
    assert client.post("/api/v1/verification-codes", json={"email": EMAIL}).status_code == 202
    assert anna.verify_through_wellbeing().json["is_password_needed"]


def test_competing_sign_ups_at_the_same_time_let_no_password_stand(app, post):
    passwords = [f"the password of number {number}" for number in range(6)]
    people = [Person(app.test_client(), post, password=each) for each in passwords]
    at_the_same_time([each.sign_up_through_wellbeing for each in people])
    assert people[0].verify_through_wellbeing().json["is_password_needed"]
    assert {each.log_in().status_code for each in people} == {401}


def test_the_link_that_sets_a_password_is_good_once_and_for_a_day(client, clock, post):
    anna = Person(client, post)
    anna.open_through("matching")
    anna.verify_through_wellbeing()
    token = post.notice_token(EMAIL, "password_needed")
    body = {"token": token, "password": OTHER_PASSWORD}
    clock.advance(hours=23, minutes=59)
    assert client.post("/api/v1/password-resets/confirm", json=body).status_code == 200
    again = client.post("/api/v1/password-resets/confirm", json=body)
    assert (again.status_code, again.json["code"]) == (422, "link_not_accepted")


def test_signing_up_at_the_same_time_opens_one_account(app, post):
    answers = at_the_same_time(
        [lambda: Person(app.test_client(), post).sign_up() for _ in range(10)]
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len(post.events("auth.account.registered.v1")) == 1
    anna = Person(app.test_client(), post)
    anna.secret = answers[-1].json["secret"]
    assert anna.verified().log_in().status_code == 201


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
