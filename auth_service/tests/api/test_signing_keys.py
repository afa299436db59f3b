"""The published keys, and tokens signed by the present or the previous one."""

import pytest

from auth_service.tests.factories import bearer
from shared.testing.tokens import TokenMaker, internal_headers

ENDED = "/internal/v1/ended-login-sessions"


def test_the_published_key_verifies_the_tokens_and_nothing_private_is_published(
    client, token_maker
):
    answer = client.get("/.well-known/jwks.json")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    (key,) = answer.json["keys"]
    assert key["kid"] == token_maker.key_id
    assert sorted(key) == ["alg", "crv", "kid", "kty", "use", "x"]


def test_both_keys_are_published_and_good_while_they_overlap(make_app, person, token_maker):
    old_token = person.logged_in()["access_token"]
    newer = TokenMaker()
    client = make_app(
        SIGNING_KEY=newer.private_pem, SIGNING_KEY_PREVIOUS=token_maker.private_pem
    ).test_client()
    published = [key["kid"] for key in client.get("/.well-known/jwks.json").json["keys"]]
    assert published == [newer.key_id, token_maker.key_id]
    assert client.get("/api/v1/accounts/me", headers=bearer(old_token)).status_code == 200
    person.client = client
    new_token = person.logged_in()["access_token"]
    assert client.get("/api/v1/accounts/me", headers=bearer(new_token)).status_code == 200


def test_a_withdrawn_key_verifies_nothing(make_app, person):
    old_token = person.logged_in()["access_token"]
    client = make_app(SIGNING_KEY=TokenMaker().private_pem).test_client()
    answer = client.get("/api/v1/accounts/me", headers=bearer(old_token))
    assert (answer.status_code, answer.json["code"]) == (401, "invalid_token")


def _ended(client, **query):
    return client.get(ENDED, query_string=query, headers=internal_headers())


def _sids(answer):
    return [item["sid"] for item in answer.json["items"]]


def test_the_list_of_ended_login_sessions_is_read_page_by_page(client, person):
    for _ in range(5):
        token = person.logged_in()["access_token"]
        client.delete("/api/v1/login-sessions/current", headers=bearer(token))
    everything = _ended(client)
    sids = _sids(everything)
    assert (len(sids), sids) == (5, sorted(sids))
    assert everything.json["next"] is None, "a gateway of an earlier release asks for no page"
    first = _ended(client, limit=2)
    second = _ended(client, limit=2, after=first.json["next"])
    third = _ended(client, limit=2, after=second.json["next"])
    assert [_sids(page) for page in (first, second, third)] == [sids[:2], sids[2:4], sids[4:]]
    assert (first.json["next"], third.json["next"]) == (sids[1], None)
    assert _ended(client, limit=5).json["next"] == sids[-1]
    assert _ended(client, limit=5, after=sids[-1]).json == {"items": [], "next": None}


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 10_001}, {"limit": "x"}, {"after": "s" * 37}]
)
def test_a_page_of_ended_login_sessions_that_cannot_be_is_refused(client, query):
    assert _ended(client, **query).status_code == 422
