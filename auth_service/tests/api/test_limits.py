"""Limits on failures, per address and in the database: slower, never locked out."""

import pytest

from auth_service.tests.factories import EMAIL, Person, wrong
from shared.testing.waiting import at_the_same_time


@pytest.fixture
def strict_app(make_app):
    """Give an app with the limits of production, on the same database."""
    return make_app(RATE_LIMIT_SCALE="1")


@pytest.fixture
def anna(strict_app, post, person):
    return Person(strict_app.test_client(), post)


def is_limited(answer):
    return (answer.status_code, answer.json["code"]) == (429, "too_many_requests")


def test_the_eleventh_wrong_password_in_five_minutes_is_slowed_down(anna, clock):
    for _ in range(10):
        assert anna.log_in("wrong password").status_code == 401
        clock.advance(seconds=1)
    refused = anna.log_in()
    assert is_limited(refused)
    assert refused.headers["Retry-After"] == "290"
    clock.advance(seconds=289)
    assert is_limited(anna.log_in())
    clock.advance(seconds=1)
    assert anna.log_in().status_code == 201


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


def test_twenty_wrong_codes_in_an_hour_are_the_most(strict_app, clock, post):
    boris = Person(strict_app.test_client(), post, "boris@example.org").registered()
    for _ in range(4):
        for _ in range(5):
            assert boris.verify("wrong").status_code == 422
        clock.advance(minutes=6)
    assert is_limited(boris.verify("wrong"))
    clock.advance(minutes=37)
    assert boris.verify("wrong").status_code == 422


def test_wrong_codes_for_an_unknown_address_are_slowed_down_alike(anna, post):
    nobody = Person(anna.client, post, "nobody@example.org")
    for _ in range(5):
        assert nobody.verify("123456").status_code == 422
    assert is_limited(nobody.verify("123456"))


def test_an_address_gets_three_codes_in_six_hours_and_the_answer_never_changes(
    strict_app, clock, post
):
    boris = Person(strict_app.test_client(), post, "boris@example.org").registered()
    ask = {"email": boris.email}
    for _ in range(5):
        answer = boris.client.post("/api/v1/verification-codes", json=ask)
        assert (answer.status_code, answer.json) == (202, ask)
    assert len(post.codes(boris.email)) == 3
    assert boris.verify(post.code(boris.email)).status_code == 200
    clock.advance(hours=6)
    boris.client.post("/api/v1/password-resets", json=ask)
    assert len(post.codes(boris.email, "password_reset")) == 1


def test_an_unsent_code_leaves_the_older_one_as_good_as_it_was(strict_app, post):
    boris = Person(strict_app.test_client(), post, "boris@example.org").registered()
    for _ in range(4):
        boris.sign_up(password="somebody else's password")
    assert len(post.codes(boris.email)) == 3
    assert boris.verify(post.code(boris.email)).status_code == 200


def test_the_owner_of_a_proved_address_is_told_three_times_in_six_hours(anna, post):
    for _ in range(5):
        assert anna.sign_up().status_code == 202
    assert post.notices(EMAIL) == ["already_registered"] * 3


def test_a_wrong_old_password_counts_against_the_same_limit(anna):
    headers = anna.headers()
    body = {"old_password": "wrong password", "new_password": "another good one"}
    url = "/api/v1/accounts/me/password"
    for _ in range(10):
        assert anna.client.put(url, json=body, headers=headers).status_code == 422
    assert is_limited(anna.client.put(url, json=body, headers=headers))
    assert is_limited(anna.log_in())
