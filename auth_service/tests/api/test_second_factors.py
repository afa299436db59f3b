"""The second factor: setting up, logging in with it, losing it."""

import pyotp
import pytest
from sqlalchemy import select

from auth_service.models.second_factors import RecoveryCode, SecondFactor
from auth_service.tests.factories import PASSWORD, bearer
from shared.testing.tokens import internal_headers
from shared.testing.waiting import at_the_same_time

URL = "/api/v1/accounts/me/second-factor"
LOGINS = "/api/v1/login-sessions"


def refused_as(answer):
    return answer.status_code, answer.json["code"]


class App:
    """The app that shows codes."""

    def __init__(self, secret, clock):
        self._totp, self._clock = pyotp.TOTP(secret), clock

    def code(self):
        return self._totp.at(self._clock.now())


def log_in(client, person, second_factor=None):
    body = {"email": person.email, "password": person.password}
    if second_factor is not None:
        body["second_factor"] = second_factor
    return client.post(LOGINS, json=body)


def begun(client, headers, password=PASSWORD):
    return client.post(URL, json={"password": password}, headers=headers)


def confirmed(client, headers, code):
    return client.post(f"{URL}/confirmation", json={"code": code}, headers=headers)


def set_up(client, person, clock):
    """Set a second factor up; give the app and the recovery codes. The next code is a new one."""
    headers = person.headers()
    app = App(begun(client, headers).json["secret"], clock)
    answer = confirmed(client, headers, app.code())
    assert answer.status_code == 200, answer.json
    clock.advance(seconds=30)
    return app, answer.json["recovery_codes"]


def test_logging_in_needs_a_code_once_one_was_confirmed(client, clock, person):
    headers = person.headers()
    answer = begun(client, headers)
    assert answer.status_code == 201
    assert answer.json["uri"].startswith("otpauth://totp/Hearth:anna%40example.org?secret=")
    assert log_in(client, person).status_code == 201
    app = App(answer.json["secret"], clock)
    wrong = f"{(int(app.code()) + 1) % 10**6:06d}"
    refused = confirmed(client, headers, wrong)
    assert refused_as(refused) == (401, "second_factor_not_accepted")
    assert len(confirmed(client, headers, app.code()).json["recovery_codes"]) == 10
    clock.advance(seconds=30)
    assert refused_as(log_in(client, person)) == (401, "second_factor_required")
    refused = log_in(client, person, "000000" if app.code() != "000000" else "000001")
    assert refused_as(refused) == (401, "second_factor_not_accepted")
    assert log_in(client, person, app.code()).status_code == 201


def test_without_the_right_password_nobody_learns_of_the_second_factor(client, clock, person):
    app, _ = set_up(client, person, clock)
    person.password = "another password"
    assert refused_as(log_in(client, person)) == (401, "invalid_credentials")
    assert refused_as(log_in(client, person, app.code())) == (401, "invalid_credentials")


def test_confirming_ends_every_other_login_session(client, clock, person):
    other = person.headers()
    set_up(client, person, clock)
    listed = client.get(LOGINS, headers=other)
    assert len(listed.json["items"]) == 1


def test_a_code_is_taken_once_and_none_before_it_any_more(client, clock, person):
    app, _ = set_up(client, person, clock)
    first = app.code()
    clock.advance(seconds=30)
    second = app.code()
    assert log_in(client, person, second).status_code == 201
    for used in (second, first):
        assert refused_as(log_in(client, person, used)) == (401, "second_factor_not_accepted")


def test_the_code_that_confirmed_does_not_log_in(client, clock, person):
    headers = person.headers()
    app = App(begun(client, headers).json["secret"], clock)
    code = app.code()
    assert confirmed(client, headers, code).status_code == 200
    assert refused_as(log_in(client, person, code)) == (401, "second_factor_not_accepted")


def test_one_code_at_the_same_time_logs_in_once(app, client, clock, person):
    shown, _ = set_up(client, person, clock)
    code = shown.code()
    answers = at_the_same_time([lambda: log_in(app.test_client(), person, code) for _ in range(4)])
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]


@pytest.mark.parametrize(
    ("seconds", "status"), [(-61, 401), (-30, 201), (0, 201), (30, 201), (61, 401)]
)
def test_a_clock_may_be_half_a_minute_off(client, clock, person, seconds, status):
    app, _ = set_up(client, person, clock)
    clock.advance(minutes=10)
    code = app.code()
    clock.advance(seconds=seconds)
    assert log_in(client, person, code).status_code == status


@pytest.mark.parametrize("spelled", [lambda code: f" {code[:3]} {code[3:]} ", lambda code: "".join(
    chr(0x660 + int(digit)) for digit in code
)])  # fmt: skip
def test_a_code_is_read_as_people_write_it(client, clock, person, spelled):
    app, _ = set_up(client, person, clock)
    assert log_in(client, person, spelled(app.code())).status_code == 201


def test_a_recovery_code_helps_once(client, clock, person):
    _, codes = set_up(client, person, clock)
    assert log_in(client, person, codes[0].lower().replace("-", " ")).status_code == 201
    refused = log_in(client, person, codes[0])
    assert refused_as(refused) == (401, "second_factor_not_accepted")
    again = log_in(client, person, codes[1])
    assert again.status_code == 201
    state = client.get(URL, headers=bearer(again.json["access_token"])).json
    assert state == {"is_set_up": True, "is_required": False, "recovery_codes_left": 8}


def test_the_owner_is_told_by_mail(client, clock, person, post):
    before = len(post.notices(person.email))
    _, recovery_codes = set_up(client, person, clock)
    assert post.notices(person.email)[before:] == ["second_factor_set_up"]
    assert log_in(client, person, recovery_codes[0]).status_code == 201
    assert log_in(client, person, recovery_codes[0]).status_code == 401
    answer = log_in(client, person, recovery_codes[1])
    headers = bearer(answer.json["access_token"])
    for _ in range(2):
        path = "/api/v1/accounts/me/second-factor"
        gone = client.delete(path, json={"password": person.password}, headers=headers)
        assert gone.status_code == 204
    assert post.notices(person.email)[before + 1 :] == [
        "recovery_code_used", "recovery_code_used", "second_factor_removed",
    ]  # fmt: skip


def test_secret_and_recovery_codes_are_unreadable_at_rest(client, clock, database, person):
    headers = person.headers()
    secret = begun(client, headers).json["secret"]
    codes = confirmed(client, headers, App(secret, clock).code()).json["recovery_codes"]

    def read(session):
        factor = session.execute(select(SecondFactor)).scalar_one()
        hashes = session.execute(select(RecoveryCode.code_hash)).scalars()
        return " ".join([factor.secret, *hashes])

    kept = database.reading(read)
    assert secret not in kept
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]


def test_wrong_codes_are_counted_and_slow_down(make_app, clock, person):
    client = make_app(RATE_LIMIT_SCALE="1").test_client()
    app, codes = set_up(client, person, clock)
    right = app.code()
    wrong = f"{(int(right) + 7) % 10**6:06d}"
    statuses = [log_in(client, person, wrong).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    for good in (right, codes[0]):
        refused = log_in(client, person, good)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0
    clock.advance(minutes=5)
    assert log_in(client, person, app.code()).status_code == 201


def from_network(network, user_agent="somebody's browser"):
    return {"X-Forwarded-For": network, "User-Agent": user_agent}


def test_who_knows_only_the_password_keeps_the_owner_out_nowhere(make_app, clock, person):
    client = make_app(RATE_LIMIT_SCALE="1").test_client()
    app, _ = set_up(client, person, clock)
    body = {"email": person.email, "password": person.password, "second_factor": "no code"}
    stranger = from_network("203.0.113.9")
    statuses = [client.post(LOGINS, json=body, headers=stranger).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    elsewhere = {**body, "second_factor": app.code()}
    home = from_network("198.51.100.7")
    assert client.post(LOGINS, json=elsewhere, headers=home).status_code == 201
    for network in range(4):
        for _ in range(5):
            client.post(LOGINS, json=body, headers=from_network(f"192.0.2.{network}"))
    clock.advance(minutes=5)
    code = {**body, "second_factor": app.code()}
    for elsewhere_now in ("203.0.113.9", "192.0.2.9"):  # an unknown device, wherever it is
        refused = client.post(LOGINS, json=code, headers=from_network(elsewhere_now))
        assert refused_as(refused) == (429, "too_many_requests")
    assert client.post(LOGINS, json=code, headers=home).status_code == 201


@pytest.mark.parametrize("door", ["wellbeing", "accounts", "matching"])
def test_an_older_system_sends_the_account_elsewhere(client, clock, person, door):
    assert person.log_in_through(door).status_code == 201
    set_up(client, person, clock)
    assert refused_as(person.log_in_through(door)) == (401, "second_factor_elsewhere")
    body = {"email": person.email, "password": person.password}
    checked = client.post("/internal/v1/credential-checks", json=body, headers=internal_headers())
    assert refused_as(checked) == (401, "second_factor_elsewhere")
    person.password = "another password"
    assert refused_as(person.log_in_through(door)) == (401, "invalid_credentials")


def test_setting_up_and_taking_away_need_the_password(client, clock, person):
    headers = person.headers()
    assert begun(client, headers, "another password").status_code == 422
    assert client.post(URL, json={}, headers=headers).status_code == 422
    nothing = confirmed(client, headers, "123456")
    assert refused_as(nothing) == (404, "no_second_factor")
    _, codes = set_up(client, person, clock)
    headers = bearer(log_in(client, person, codes[0]).json["access_token"])
    assert refused_as(begun(client, headers)) == (409, "second_factor_stands")
    wrong = client.delete(URL, json={"password": "another password"}, headers=headers)
    assert wrong.status_code == 422
    assert refused_as(log_in(client, person)) == (401, "second_factor_required")
    for _twice in range(2):
        removed = client.delete(URL, json={"password": PASSWORD}, headers=headers)
        assert removed.status_code == 204
    assert log_in(client, person).status_code == 201


def test_beginning_again_forgets_the_earlier_secret(client, clock, person):
    headers = person.headers()
    first = App(begun(client, headers).json["secret"], clock)
    second = App(begun(client, headers).json["secret"], clock)
    refused = confirmed(client, headers, first.code())
    assert refused_as(refused) == (401, "second_factor_not_accepted")
    assert confirmed(client, headers, second.code()).status_code == 200


@pytest.fixture
def strict(make_app):
    return make_app(STAFF_NEED_SECOND_FACTOR="on").test_client()


def given_role(client, token_maker, person, role):
    person.logged_in()
    admin = token_maker.headers(10**6, "admin")
    url = f"/api/v1/accounts/{person.id}/role"
    assert client.put(url, json={"role": role}, headers=admin).status_code == 200


@pytest.mark.parametrize("role", ["moderator", "admin"])
def test_where_staff_need_one_they_set_it_up_before_anything_else(
    strict, clock, person, token_maker, role
):
    given_role(strict, token_maker, person, role)
    headers = bearer(log_in(strict, person).json["access_token"])
    refused = strict.get("/api/v1/accounts", headers=headers)
    assert refused_as(refused) == (403, "second_factor_setup_required")
    assert strict.get(URL, headers=headers).json["is_required"]
    person.client = strict
    assert refused_as(person.log_in_through("accounts")) == (401, "second_factor_elsewhere")
    app = App(begun(strict, headers).json["secret"], clock)
    assert confirmed(strict, headers, app.code()).status_code == 200
    clock.advance(seconds=30)
    headers = bearer(log_in(strict, person, app.code()).json["access_token"])
    assert strict.get("/api/v1/accounts", headers=headers).status_code == 200


@pytest.mark.parametrize("role", ["client", "therapist"])
def test_others_need_none_there(strict, person, token_maker, role):
    if role != "client":
        given_role(strict, token_maker, person, role)
    headers = bearer(log_in(strict, person).json["access_token"])
    assert strict.get("/api/v1/accounts/me", headers=headers).status_code == 200
