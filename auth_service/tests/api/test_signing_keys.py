"""The published keys, and tokens signed by the present or the previous one."""

from auth_service.tests.factories import bearer
from shared.testing.tokens import TokenMaker


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
