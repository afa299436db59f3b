"""Limits on failures, per address and in the database: slower, never locked out."""

import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import select

from auth_service.domain.password_hashing import PasswordHashing
from auth_service.models.attempts import Attempt
from auth_service.parts import NAME
from auth_service.tests.factories import EMAIL, Person, wrong
from shared.errors import Unavailable
from shared.testing.waiting import at_the_same_time, eventually


@pytest.fixture
def strict_app(make_app):
    """Give an app with the limits of production, on the same database."""
    return make_app(RATE_LIMIT_SCALE="1")


@pytest.fixture
def anna(strict_app, post, person):
    return Person(strict_app.test_client(), post)


def is_limited(answer):
    return (answer.status_code, answer.json["code"]) == (429, "too_many_requests")


def from_network(network, user_agent="a browser"):
    """Give the headers of a caller elsewhere."""
    return {"X-Forwarded-For": network, "User-Agent": user_agent}


def test_after_ten_wrong_passwords_one_every_thirty_seconds(anna, clock):
    for _ in range(10):
        assert anna.log_in("wrong password").status_code == 401
        clock.advance(seconds=1)
    refused = anna.log_in()
    assert is_limited(refused)
    assert refused.headers["Retry-After"] == "29"
    clock.advance(seconds=29)
    assert anna.log_in("wrong password").status_code == 401
    refused = anna.log_in()
    assert is_limited(refused)
    assert refused.headers["Retry-After"] == "30"
    clock.advance(seconds=30)
    assert anna.log_in().status_code == 201


def test_nobody_elsewhere_locks_a_person_out(anna, clock):
    for network in range(6):
        for _ in range(10):
            refused = anna.log_in("wrong", headers=from_network(f"192.0.2.{network}"))
            assert refused.status_code == 401
    from_anywhere = anna.log_in("wrong", headers=from_network("198.51.100.7"))
    assert is_limited(from_anywhere)
    assert from_anywhere.headers["Retry-After"] == str(15 * 60)
    clock.advance(minutes=1)
    assert is_limited(anna.log_in(headers=from_network("203.0.113.9")))


def test_a_known_device_has_a_count_of_its_own(anna, clock):
    home = from_network("203.0.113.9")
    assert anna.log_in(headers=home).status_code == 201
    for network in range(7):
        for _ in range(10):
            anna.log_in("wrong", headers=from_network(f"192.0.2.{network}"))
    for _ in range(12):
        anna.log_in("wrong", headers=from_network("203.0.113.9", "a neighbour's browser"))
    assert anna.log_in(headers=home).status_code == 201
    for _ in range(10):
        assert anna.log_in("wrong", headers=home).status_code == 401
    assert is_limited(anna.log_in(headers=home))
    clock.advance(seconds=30)
    assert anna.log_in(headers=home).status_code == 201


def test_every_notation_of_a_network_is_one(anna):
    for notation in ("2001:db8::1", "2001:DB8:0:0:ffff::2", "[2001:db8::3]:4711"):
        for _ in range(4):
            anna.log_in("wrong", headers=from_network(notation))
    assert is_limited(anna.log_in("wrong", headers=from_network("2001:db8::4")))


def test_two_hundred_failures_of_a_network_slow_it_down_and_right_logins_never(
    anna, strict_app, post
):
    campus = from_network("203.0.113.77")
    known = from_network("203.0.113.77", "a browser that was here before")
    assert anna.log_in(headers=known).status_code == 201
    for number in range(20):
        nobody = Person(anna.client, post, f"nobody{number}@example.org")
        for _ in range(10):
            assert nobody.log_in(headers=campus).status_code == 401
    assert is_limited(Person(anna.client, post, "other@example.org").log_in(headers=campus))
    assert anna.log_in(headers=known).status_code == 201


def test_right_passwords_are_not_counted(anna):
    for _ in range(12):
        assert anna.log_in().status_code == 201


def test_an_unknown_address_is_slowed_down_alike(anna, post):
    nobody = Person(anna.client, post, "nobody@example.org")
    for _ in range(10):
        assert nobody.log_in().status_code == 401
    assert is_limited(nobody.log_in())
    assert anna.log_in().status_code == 201


def test_the_limit_holds_through_a_restart_and_every_door(anna, make_app, post):
    for _ in range(10):
        anna.log_in("wrong password")
    restarted = Person(make_app(RATE_LIMIT_SCALE="1").test_client(), post)
    assert is_limited(restarted.log_in_through("matching"))


def test_guesses_at_the_same_time_are_counted_before_they_are_compared(strict_app, anna, post):
    works = [
        lambda: Person(strict_app.test_client(), post).log_in("wrong password") for _ in range(16)
    ]
    statuses = sorted(answer.status_code for answer in at_the_same_time(works))
    assert statuses == [401] * 10 + [429] * 6


def test_the_sixth_wrong_code_in_five_minutes_is_slowed_down(strict_app, clock, post):
    boris = Person(strict_app.test_client(), post, "boris@example.org").registered()
    for _ in range(5):
        assert boris.verify(wrong(post.code(boris.email))).status_code == 422
    assert is_limited(boris.verify(post.code(boris.email)))
    clock.advance(minutes=5)
    assert boris.verify(post.code(boris.email)).status_code == 422


def give_code(client, url, network, email=EMAIL, code="wrong"):
    body = {"email": email, "code": code}
    return client.post(url, json=body, headers=from_network(network))


def test_twenty_wrong_codes_in_an_hour_are_the_most_from_everywhere(anna, clock):
    url = "/api/v1/verifications"
    for network in range(4):
        for _ in range(5):
            assert give_code(anna.client, url, f"192.0.2.{network}").status_code == 422
    assert is_limited(give_code(anna.client, url, "192.0.2.9"))
    clock.advance(hours=1)
    assert give_code(anna.client, url, "192.0.2.9").status_code == 422


def test_wrong_codes_of_a_purpose_or_from_elsewhere_slow_no_other_down(anna, post):
    for _ in range(5):
        anna.verify("wrong")
    assert is_limited(anna.verify("wrong"))
    anna.client.post("/api/v1/password-resets", json={"email": EMAIL})
    check = "/api/v1/password-resets/check"
    for _ in range(4):
        assert give_code(anna.client, check, "192.0.2.1").status_code == 422
    right = {"email": EMAIL, "code": post.code(EMAIL, "password_reset")}
    assert anna.client.post(check, json=right).status_code == 200


def test_a_known_device_gives_codes_while_strangers_use_up_the_accounts(anna, post, clock):
    home = from_network("203.0.113.9")
    assert anna.log_in(headers=home).status_code == 201
    check = "/api/v1/password-resets/check"
    anna.client.post("/api/v1/password-resets", json={"email": EMAIL})
    for network in range(4):
        for _ in range(5):
            give_code(anna.client, check, f"192.0.2.{network}")
    assert is_limited(give_code(anna.client, check, "192.0.2.9"))
    asked = anna.client.post("/api/v1/password-resets", json={"email": EMAIL}, headers=home)
    assert asked.status_code == 202
    right = {"email": EMAIL, "code": post.code(EMAIL, "password_reset")}
    assert anna.client.post(check, json=right, headers=home).status_code == 200


MAILS = [("/api/v1/verification-codes", "sign_up"), ("/api/v1/password-resets", "password_reset")]


@pytest.mark.parametrize(("url", "purpose"), MAILS)
def test_beyond_nine_mails_a_mailbox_gets_none_and_who_asks_is_not_told(
    strict_app, clock, post, url, purpose
):
    boris = Person(strict_app.test_client(), post, "boris@example.org").registered()
    clock.advance(hours=6)
    before = len(post.codes(boris.email, purpose))
    for email in (boris.email, "nobody@example.org"):
        for number in range(10):
            headers = from_network(f"192.0.2.{number}")
            answer = boris.client.post(url, json={"email": email}, headers=headers)
            assert (answer.status_code, answer.json) == (202, {"email": email})
    assert len(post.codes(boris.email, purpose)) == before + 9
    newest = post.code(boris.email, purpose)
    if purpose == "sign_up":
        assert boris.verify(newest).status_code == 200
    else:
        body = {"email": boris.email, "code": newest}
        assert boris.client.post(f"{url}/check", json=body).status_code == 200


def test_a_known_device_is_mailed_a_reset_code_whatever_strangers_asked_for(anna, post):
    home = from_network("203.0.113.9")
    assert anna.log_in(headers=home).status_code == 201
    url, ask = "/api/v1/password-resets", {"email": EMAIL}
    for number in range(12):
        anna.client.post(url, json=ask, headers=from_network(f"192.0.2.{number}"))
    assert len(post.codes(EMAIL, "password_reset")) == 9
    assert anna.client.post(url, json=ask, headers=home).status_code == 202
    assert len(post.codes(EMAIL, "password_reset")) == 10


def test_sixty_requests_for_codes_an_hour_are_the_most_of_a_network(anna, clock):
    clock.advance(hours=1)
    url = "/api/v1/verification-codes"
    for number in range(60):
        answer = anna.client.post(url, json={"email": f"nobody{number}@example.org"})
        assert answer.status_code == 202
    assert is_limited(anna.client.post(url, json={"email": "one.more@example.org"}))
    clock.advance(hours=1)
    assert anna.client.post(url, json={"email": "one.more@example.org"}).status_code == 202


def test_wrong_codes_for_an_unknown_address_are_slowed_down_alike(anna, post):
    nobody = Person(anna.client, post, "nobody@example.org")
    for _ in range(5):
        assert nobody.verify("123456").status_code == 422
    assert is_limited(nobody.verify("123456"))


@pytest.mark.parametrize(
    ("url", "purpose"),
    [("/api/v1/verification-codes", "sign_up"), ("/api/v1/password-resets", "password_reset")],
)
def test_three_requests_for_a_code_in_six_hours_known_and_unknown_alike(
    strict_app, clock, post, url, purpose
):
    boris = Person(strict_app.test_client(), post, "boris@example.org").registered()
    clock.advance(hours=6)
    for email in (boris.email, "nobody@example.org"):
        ask = {"email": email}
        for _ in range(3):
            answer = boris.client.post(url, json=ask)
            assert (answer.status_code, answer.json) == (202, ask)
            clock.advance(minutes=1)
        refused = boris.client.post(url, json=ask)
        assert is_limited(refused)
        assert refused.headers["Retry-After"] == str(6 * 3600 - 180)
    before = len(post.codes(boris.email, purpose))
    clock.advance(hours=6)
    assert boris.client.post(url, json={"email": boris.email}).status_code == 202
    assert len(post.codes(boris.email, purpose)) == before + 1


def test_a_refused_request_leaves_the_mailed_code_as_good_as_it_was(strict_app, post):
    boris = Person(strict_app.test_client(), post, "boris@example.org").registered()
    ask = {"email": boris.email}
    statuses = [
        boris.client.post("/api/v1/verification-codes", json=ask).status_code for _ in range(3)
    ]
    assert statuses == [202, 202, 429]
    assert boris.verify(post.code(boris.email)).status_code == 200


def test_an_owner_over_the_limit_never_proves_a_strangers_sign_up(strict_app, clock, post):
    email = "boris@example.org"
    stranger = Person(strict_app.test_client(), post, email, "the stranger's own")
    for _ in range(3):
        stranger.sign_up_through_wellbeing()
    owner = Person(strict_app.test_client(), post, email)
    refused = owner.sign_up()
    assert is_limited(refused)
    assert int(refused.headers["Retry-After"]) == 6 * 3600
    assert len(post.codes(email)) == 3
    assert owner.verify_through_wellbeing().json["is_password_needed"]
    assert stranger.log_in().status_code == 401


def test_a_strangers_sign_up_over_the_limit_voids_nothing_and_says_nothing_more(strict_app, post):
    unknown = Person(strict_app.test_client(), post, "nobody@example.org")
    for _ in range(3):
        unknown.client.post("/api/v1/verification-codes", json={"email": unknown.email})
    before = post.count()
    refused = unknown.sign_up()
    assert is_limited(refused)
    assert post.count() == before
    boris = Person(strict_app.test_client(), post, "boris@example.org").registered()
    for _ in range(2):
        boris.sign_up()
    known = Person(boris.client, post, boris.email, "the stranger's own").sign_up()
    assert is_limited(known)
    assert {**known.json, "request_id": None} == {**refused.json, "request_id": None}
    assert boris.verify(post.code(boris.email)).status_code == 200


def test_strangers_sign_ups_and_changes_of_address_deny_nobody_a_reset(anna, post):
    for _ in range(4):
        anna.sign_up()
    assert is_limited(anna.sign_up())
    answer = anna.client.post("/api/v1/password-resets", json={"email": EMAIL})
    assert answer.status_code == 202
    assert len(post.codes(EMAIL, "password_reset")) == 1


def test_a_fourth_change_to_an_address_in_six_hours_is_refused_and_changes_nothing(anna, post):
    headers, url = anna.headers(), "/api/v1/accounts/me/email-changes"
    new = {"email": "new@example.org"}
    for _ in range(3):
        assert anna.client.post(url, json=new, headers=headers).status_code == 202
    assert is_limited(anna.client.post(url, json=new, headers=headers))
    notices = post.notices(EMAIL)
    body = {**new, "code": post.code("new@example.org", "email_change")}
    assert anna.client.post("/api/v1/verifications", json=body).status_code == 200
    assert notices == ["email_change_requested"] * 3


def test_an_account_is_opened_through_older_systems_when_no_code_can_be_mailed(strict_app, post):
    boris = Person(strict_app.test_client(), post, "boris@example.org")
    for _ in range(3):
        boris.client.post("/api/v1/verification-codes", json={"email": boris.email})
    assert boris.open_through("matching").status_code == 201
    assert post.codes(boris.email) == []


def test_the_owner_of_a_proved_address_is_told_three_times_in_six_hours(anna, clock, post):
    clock.advance(hours=6)
    statuses = [anna.sign_up().status_code for _ in range(5)]
    assert statuses == [202] * 3 + [429] * 2
    assert post.notices(EMAIL) == ["already_registered"] * 3


class Overloaded:
    """Stands for hashing while too many others wait."""

    def place(self, sender):
        raise Unavailable


def with_hashing(app, hashing):
    """Let an app hash in another way; gives what it had before."""
    chassis = app.extensions["hearth"]
    parts = chassis.parts[NAME]
    chassis.parts[NAME] = replace(parts, hashing=hashing)
    return parts.hashing


def test_tries_for_which_there_is_no_place_are_not_written(strict_app, anna, database):
    def attempts():
        return database.reading(lambda session: set(session.scalars(select(Attempt.id))))

    before, usual = attempts(), with_hashing(strict_app, Overloaded())
    for _ in range(11):
        answer = anna.log_in()
        assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
    assert attempts() == before
    with_hashing(strict_app, usual)
    assert anna.log_in().status_code == 201


class HeldHashing(PasswordHashing):
    """Hashes one at a time, and none before it is let go."""

    def __init__(self):
        super().__init__(memory_kib=8, time_cost=1, at_once=1, wait_seconds=30)
        self.may_go_on = threading.Event()

    @contextmanager
    def place(self, sender):
        with super().place(sender) as place:
            self.may_go_on.wait(30)
            yield place


def test_a_flood_from_one_network_leaves_places_for_others(strict_app, person, post):
    held = HeldHashing()
    with_hashing(strict_app, held)
    flood, statuses = from_network("192.0.2.1"), []

    def log_in(headers):
        someone = Person(strict_app.test_client(), post)
        statuses.append(someone.log_in(headers=headers).status_code)

    threads = [threading.Thread(target=log_in, args=(flood,), daemon=True) for _ in range(5)]
    for thread in threads:
        thread.start()
    eventually(lambda: held.waiting == 4)
    log_in(flood)
    assert statuses == [503]
    threads.append(threading.Thread(target=log_in, args=(from_network("198.51.100.7"),)))
    threads[-1].start()
    eventually(lambda: held.waiting == 5)
    held.may_go_on.set()
    for thread in threads:
        thread.join(30)
    assert statuses == [503] + [201] * 6


def test_a_wrong_old_password_counts_against_the_same_limit(anna):
    headers = anna.headers()
    body = {"old_password": "wrong password", "new_password": "another good one"}
    url = "/api/v1/accounts/me/password"
    for _ in range(10):
        assert anna.client.put(url, json=body, headers=headers).status_code == 422
    assert is_limited(anna.client.put(url, json=body, headers=headers))
    assert is_limited(anna.log_in())
