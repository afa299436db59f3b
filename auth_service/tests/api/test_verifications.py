"""Codes: ten minutes, five tries counted before comparing, once, the newest only."""

import pytest
from sqlalchemy import select

from auth_service.models.codes import Code
from auth_service.tests.factories import EMAIL, Person, wrong
from shared.testing.waiting import at_the_same_time


@pytest.fixture
def anna(client, post):
    return Person(client, post).registered()


def ask_again(client, email=EMAIL):
    answer = client.post("/api/v1/verification-codes", json={"email": email})
    assert (answer.status_code, answer.json) == (202, {"email": email})


def test_after_five_wrong_codes_the_right_one_is_refused_even_after_a_restart(anna, make_app, post):
    right = post.code(EMAIL)
    for _ in range(5):
        assert anna.verify(wrong(right)).status_code == 422
    restarted = Person(make_app().test_client(), post)
    answer = restarted.verify(right)
    assert (answer.status_code, answer.json["code"]) == (422, "code_not_accepted")


def test_after_four_wrong_codes_the_right_one_is_accepted(anna, post):
    for _ in range(4):
        anna.verify(wrong(post.code(EMAIL)))
    assert anna.verify(post.code(EMAIL)).status_code == 200


def test_a_new_code_gives_new_tries(anna, client, post):
    for _ in range(5):
        anna.verify(wrong(post.code(EMAIL)))
    ask_again(client)
    assert anna.verify(post.code(EMAIL)).status_code == 200


def test_the_newest_code_replaces_the_older(anna, client, post):
    older = post.code(EMAIL)
    ask_again(client)
    newer = post.code(EMAIL)
    if older != newer:
        assert anna.verify(older).status_code == 422
    assert anna.verify(newer).status_code == 200


def test_a_code_is_worth_nothing_after_ten_minutes(anna, clock, post):
    clock.advance(minutes=10)
    assert anna.verify(post.code(EMAIL)).status_code == 422


def test_a_code_is_good_until_its_last_second(anna, clock, post):
    clock.advance(minutes=9, seconds=59)
    assert anna.verify(post.code(EMAIL)).status_code == 200


def test_a_code_is_used_once(anna, post):
    assert anna.verify(post.code(EMAIL)).status_code == 200
    assert anna.verify(post.code(EMAIL)).status_code == 422


def test_fifty_uses_of_one_code_at_the_same_time_have_one_winner(anna, app, post):
    code = post.code(EMAIL)
    answers = at_the_same_time(
        [lambda: Person(app.test_client(), post).verify(code) for _ in range(50)]
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [422] * 49


def test_fifty_wrong_codes_at_the_same_time_use_five_tries(anna, app, database, post):
    code = wrong(post.code(EMAIL))
    answers = at_the_same_time(
        [lambda: Person(app.test_client(), post).verify(code) for _ in range(50)]
    )
    assert {answer.status_code for answer in answers} == {422}
    tries = database.reading(lambda session: session.execute(select(Code.tries)).scalar_one())
    assert tries == 5
    assert anna.verify(post.code(EMAIL)).status_code == 422


def test_a_code_is_kept_as_a_keyed_hash_only(anna, database, post):
    kept = database.reading(lambda session: session.execute(select(Code)).scalar_one())
    assert post.code(EMAIL) not in str(vars(kept))
    assert kept.code_hash is not None
    assert len(kept.code_hash) == 64


def test_a_code_of_one_address_proves_no_other(anna, client, post):
    boris = Person(client, post, "boris@example.org").registered()
    assert boris.verify(post.code(EMAIL)).status_code == 422 or post.code(EMAIL) == post.code(
        boris.email
    )


@pytest.mark.parametrize("code", ["abc", "12345", "1234567", "     ", "🙂", "0" * 64, "%00"])
def test_what_is_no_code_is_a_wrong_one(anna, code):
    answer = anna.verify(code)
    assert (answer.status_code, answer.json["code"]) == (422, "code_not_accepted")


@pytest.mark.parametrize("code", [None, 123456, "", "0" * 65, ["123456"], True])
def test_a_code_of_another_type_is_an_invalid_request(anna, client, code):
    answer = client.post("/api/v1/verifications", json={"email": EMAIL, "code": code})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert list(answer.json["errors"]) == ["code"]


def test_asking_again_mails_nothing_to_an_unknown_or_proved_address(client, person, post):
    before = post.count()
    ask_again(client)
    ask_again(client, "nobody@example.org")
    assert post.count() == before


def test_an_unknown_address_is_refused_like_a_wrong_code(anna, client, post):
    wrong_code = anna.verify(wrong(post.code(EMAIL))).json
    unknown = Person(client, post, "nobody@example.org").verify("123456").json
    wrong_code.pop("request_id")
    unknown.pop("request_id")
    assert wrong_code == unknown


@pytest.mark.parametrize(
    "spelled",
    [
        lambda code: code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        lambda code: code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
        lambda code: code.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        lambda code: f"  {code[:3]} {code[3:]}\u00a0",
        lambda code: f"{code[:3]}-{code[3:5]}\u2013{code[5:]}",
        lambda code: f"\u200f\u202b{code}\u202c\u200e",
        lambda code: f"{code[:3]}\u00ad\u200b{code[3:]}\ufeff",
    ],
    ids=["arabic", "persian", "full-width", "spaces", "hyphens", "directions", "invisible"],
)
def test_a_code_is_the_same_in_every_spelling(client, post, spelled):
    anna = Person(client, post).registered()
    assert anna.verify(spelled(post.code(EMAIL))).status_code == 200
    client.post("/api/v1/password-resets", json={"email": EMAIL})
    body = {"email": EMAIL, "code": spelled(post.code(EMAIL, "password_reset"))}
    assert client.post("/api/v1/password-resets/check", json=body).status_code == 200
    confirmed = {**body, "password": "another good one"}
    assert client.post("/api/v1/password-resets/confirm", json=confirmed).status_code == 200


def give_link(client, token):
    return client.post("/api/v1/verifications", json={"token": token})


def is_no_good_link(answer):
    return (answer.status_code, answer.json["code"]) == (422, "link_not_accepted")


def test_the_mailed_link_proves_the_address_once(anna, client, post):
    token = post.link(EMAIL)
    answer = give_link(client, token)
    assert (answer.status_code, answer.json["purpose"]) == (200, "sign_up")
    assert is_no_good_link(give_link(client, token))
    assert anna.verify(post.code(EMAIL)).status_code == 422


def test_a_link_lets_the_password_stand_beside_the_secret_alone(anna, client, post):
    body = {"token": post.link(EMAIL), "secret": anna.secret}
    answer = client.post("/api/v1/verifications", json=body)
    assert (answer.status_code, answer.json) == (200, {"email": EMAIL, "purpose": "sign_up"})
    assert anna.log_in().status_code == 201


@pytest.mark.parametrize(("hours", "status"), [(23.99, 200), (24, 422)])
def test_a_link_is_good_for_a_day(anna, client, clock, post, hours, status):
    clock.advance(hours=hours)
    assert give_link(client, post.link(EMAIL)).status_code == status


def test_the_newest_link_replaces_the_older(anna, client, post):
    older = post.link(EMAIL)
    ask_again(client)
    assert is_no_good_link(give_link(client, older))
    assert give_link(client, post.link(EMAIL)).status_code == 200


def test_a_link_outlives_wrong_codes_and_dies_with_a_right_one(anna, client, post):
    for _ in range(5):
        anna.verify(wrong(post.code(EMAIL)))
    token = post.link(EMAIL)
    ask_again(client)
    assert anna.verify(post.code(EMAIL)).status_code == 200
    for each in (token, post.link(EMAIL)):
        assert is_no_good_link(give_link(client, each))


def test_a_link_of_a_reset_proves_nothing_else_and_the_other_way_round(anna, client, post):
    client.post("/api/v1/password-resets", json={"email": EMAIL})
    assert is_no_good_link(give_link(client, post.link(EMAIL, "password_reset")))
    body = {"token": post.link(EMAIL), "password": "another good one"}
    assert is_no_good_link(client.post("/api/v1/password-resets/confirm", json=body))


def test_fifty_uses_of_one_link_at_the_same_time_have_one_winner(anna, app, post):
    token = post.link(EMAIL)
    answers = at_the_same_time([lambda: give_link(app.test_client(), token) for _ in range(50)])
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 49


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["code", "email"]),
        ({"email": EMAIL}, ["code"]),
        ({"code": "123456"}, ["email"]),
        ({"email": EMAIL, "code": "123456", "token": "a"}, ["code", "email"]),
        ({"token": ""}, ["token"]),
        ({"token": 5}, ["token"]),
        ({"token": None}, ["token"]),
    ],
)
def test_a_code_with_its_address_or_a_token_is_needed(client, body, fields):
    answer = client.post("/api/v1/verifications", json=body)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert sorted(answer.json["errors"]) == fields
