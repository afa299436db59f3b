"""Verifying tokens: a corpus of forged ones, time, keys that come and go."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import RSAAlgorithm

from shared.access_tokens import (
    InvalidToken,
    PublicKeys,
    TokenExpired,
    TokenVerifier,
)
from shared.clock import SystemClock
from shared.errors import NotAuthenticated
from shared.testing.clocks import StandingClock
from shared.testing.tokens import TokenMaker
from shared.testing.waiting import eventually

NOW = int(time.time())
LIFE = 36_000  # longer than any run of all tests


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(value: object) -> str:
    return encoded(json.dumps(value).encode())


def claims(**changes: object) -> dict[str, object]:
    """Give good claims, changed; ... leaves one out."""
    good: dict[str, object] = {
        "iss": "hearth",
        "aud": "hearth",
        "sub": "5",
        "id": 5,
        "role": "client",
        "sid": "session",
        "verified": True,
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + LIFE,
        "jti": "token",
        **changes,
    }
    return {name: value for name, value in good.items() if value is not ...}


class Forger:
    """Makes tokens of every wrong kind; knows the public key, as everybody does."""

    def __init__(self, maker: TokenMaker) -> None:
        self.maker = maker
        self.public = maker.private_key.public_key()

    def signed(self, payload: object, header: object = None) -> str:
        """Sign anything with the real key."""
        header = {"alg": "EdDSA", "kid": self.maker.key_id} if header is None else header
        head = encoded(header) if isinstance(header, bytes) else part(header)
        body = encoded(payload) if isinstance(payload, bytes) else part(payload)
        signature = self.maker.private_key.sign(f"{head}.{body}".encode())
        return f"{head}.{body}.{encoded(signature)}"

    def by(self, key: object, algorithm: str, **header: object) -> str:
        """Sign good claims with another key."""
        return jwt.encode(
            claims(),
            key,  # type: ignore[arg-type]
            algorithm=algorithm,
            headers={"kid": self.maker.key_id, **header},
        )

    def corpus(self) -> dict[str, str]:
        """Give every forged token by what is wrong with it."""
        good = self.signed(claims())
        head, body, signature = good.split(".")
        pem = self.public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        raw = self.public.public_bytes_raw()
        none = {"alg": "none", "kid": self.maker.key_id}
        hmac_header = {"alg": "HS256", "kid": self.maker.key_id}
        import hashlib
        import hmac

        def with_hmac(secret: bytes) -> str:
            text = f"{part(hmac_header)}.{part(claims())}"
            return f"{text}.{encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"

        own = Ed25519PrivateKey.generate()
        flipped = bytearray(base64.urlsafe_b64decode(signature + "=="))
        flipped[5] ^= 1
        shape: dict[str, object] = {
            "issuer": claims(iss="other"),
            "audience": claims(aud="other"),
            "several audiences without ours": claims(aud=["a", "b"]),
            "role unknown": claims(role="king"),
            "role no string": claims(role=["admin"]),
            "role in the words of a dialect alone": claims(role="user"),
            "our role unknown": claims(hearth_role="user"),
            "our role no string": claims(hearth_role=["admin"]),
            "our role null": claims(hearth_role=None),
            "duty unknown": claims(duty="rest"),
            "duty no string": claims(duty=True),
            "id another than sub": claims(id=6),
            "id a string": claims(id="5"),
            "id a boolean": claims(id=True, sub="True"),
            "id a fraction": claims(id=5.0, sub="5.0"),
            "sub a number": claims(sub=5),
            "sid a number": claims(sid=5),
            "verified a string": claims(verified="true"),
            "verified a number": claims(verified=1),
            "exp a string": claims(exp=str(NOW + LIFE)),
            "exp a fraction": claims(exp=NOW + LIFE + 0.5),
            "exp infinite": b'{"exp": Infinity}',
            "not good before tomorrow": claims(nbf=NOW + 86_400),
            "nbf a string": claims(nbf="0"),
            "made tomorrow": claims(iat=NOW + 86_400, exp=NOW + 90_000),
            "iat a string": claims(iat="0"),
            "exp beyond every calendar": claims(exp=10**30),
            "a refresh token": claims(type="refresh"),
            "payload a list": [1],
            "payload empty": {},
            "payload no json": b"{",
            "payload nested deeply": b"[" * 2000,
        }
        shape |= {
            f"without {name}": claims(**{name: ...})
            for name in ("iss", "aud", "sub", "id", "role", "sid", "verified", "iat", "exp", "jti")
        }
        return {
            **{name: self.signed(payload) for name, payload in shape.items()},
            "empty": "",
            "no token": "x",
            "two parts": f"{head}.{body}",
            "four parts": f"{good}.x",
            "no signature": f"{head}.{body}.",
            "signature cut": f"{head}.{body}.{signature[:-4]}",
            "signature flipped": f"{head}.{body}.{encoded(bytes(flipped))}",
            "payload changed": f"{head}.{part(claims(role='admin'))}.{signature}",
            "header changed": f"{part({**none, 'alg': 'EdDSA', 'x': 1})}.{body}.{signature}",
            "none without signature": f"{part(none)}.{body}.",
            "none with the signature": f"{part(none)}.{body}.{signature}",
            "None": f"{part({**none, 'alg': 'None'})}.{body}.",
            "nOnE": f"{part({**none, 'alg': 'nOnE'})}.{body}.",
            "hmac with the public pem": with_hmac(pem),
            "hmac with the public bytes": with_hmac(raw),
            "hmac with the jwks": with_hmac(self.maker.jwks.encode()),
            "hmac with nothing": with_hmac(b""),
            "another key under our kid": self.by(own, "EdDSA"),
            "another key under its own kid": self.by(own, "EdDSA", kid="own"),
            "another key brought along": self.by(own, "EdDSA", jwk={"kty": "OKP"}),
            "another key by address": self.by(own, "EdDSA", kid="k", jku="http://127.0.0.1:9/"),
            "rsa under our kid": self.by(rsa.generate_private_key(65537, 2048), "RS256"),
            "ecdsa under our kid": self.by(ec.generate_private_key(ec.SECP256R1()), "ES256"),
            "no kid": self.signed(claims(), {"alg": "EdDSA"}),
            "kid a number": self.signed(claims(), {"alg": "EdDSA", "kid": 5}),
            "kid a list": self.signed(claims(), {"alg": "EdDSA", "kid": [self.maker.key_id]}),
            "kid a path": self.signed(claims(), {"alg": "EdDSA", "kid": "../../dev/null"}),
            "kid with sql": self.signed(claims(), {"alg": "EdDSA", "kid": "' OR 1=1 --"}),
            "another algorithm named": self.signed(
                claims(), {"alg": "RS256", "kid": self.maker.key_id}
            ),
            "unknown critical header": self.signed(
                claims(), {"alg": "EdDSA", "kid": self.maker.key_id, "crit": ["x"], "x": 1}
            ),
            "header no json": self.signed(claims(), b"{"),
            "header a list": self.signed(claims(), b"[]"),
            "header nested deeply": self.signed(claims(), b"[" * 2000),
            "too long": self.signed(claims(jti="x" * 4000)),
            "not ascii": good[:-1] + "é",
            "lone surrogate": good[:-1] + "\ud800",
            "NUL": good + "\x00",
            "padded": f"{good}==",
            "blank inside": good.replace(".", ". "),
        }


MAKER = TokenMaker()
CORPUS = Forger(MAKER).corpus()


@pytest.fixture
def verifier() -> TokenVerifier:
    return TokenVerifier(PublicKeys(MAKER.jwks), SystemClock())


def test_a_good_token_is_accepted_and_read(verifier):
    identity = verifier.verify(Forger(MAKER).signed(claims(role="admin", verified=False)))
    assert (identity.account_id, identity.role, identity.login_session_id) == (
        5,
        "admin",
        "session",
    )
    assert (identity.is_verified, identity.is_staff) == (False, True)
    assert (identity.expires_at, identity.key_id) == (NOW + LIFE, MAKER.key_id)


@pytest.mark.parametrize("word", ["user", "client", "moderator"])
def test_our_own_claim_decides_whatever_words_the_dialect_has(verifier, word):
    token = Forger(MAKER).signed(claims(role=word, hearth_role="therapist"))
    assert verifier.verify(token).role == "therapist"


def test_a_token_says_what_the_caller_has_to_do_first(verifier):
    forger = Forger(MAKER)
    assert verifier.verify(forger.signed(claims())).duty is None
    token = forger.signed(claims(duty="change_password"))
    assert verifier.verify(token).duty == "change_password"


def test_the_corpus_is_large_enough():
    assert len(CORPUS) >= 40


@pytest.mark.parametrize("kind", sorted(CORPUS))
def test_a_forged_token_is_refused(verifier, kind):
    for _twice in range(2):  # nothing refused may be remembered as good
        with pytest.raises(InvalidToken):
            verifier.verify(CORPUS[kind])


def test_an_expired_token_says_so_even_when_it_was_remembered():
    clock = StandingClock()
    verifier = TokenVerifier(PublicKeys(MAKER.jwks), clock)
    exp = int(clock.now().timestamp()) + 10
    token = Forger(MAKER).signed(claims(exp=exp, nbf=0, iat=0))
    assert verifier.verify(token).expires_at == exp
    clock.advance(seconds=9)
    verifier.verify(token)
    clock.advance(seconds=1)
    with pytest.raises(TokenExpired):
        verifier.verify(token)


def test_an_expired_and_forged_token_is_forged(verifier):
    head, _, signature = CORPUS["issuer"].split(".")
    with pytest.raises(InvalidToken):
        verifier.verify(f"{head}.{part(claims(exp=NOW - 10))}.{signature}")


def test_a_clock_that_is_a_little_behind_refuses_nobody(verifier):
    assert verifier.verify(Forger(MAKER).signed(claims(nbf=NOW + 20))).account_id == 5


def test_every_refusal_is_an_authentication_error():
    assert issubclass(InvalidToken, NotAuthenticated)
    assert issubclass(TokenExpired, NotAuthenticated)
    assert (InvalidToken.code, TokenExpired.code) == ("invalid_token", "token_expired")


def test_a_withdrawn_key_takes_its_remembered_tokens_with_it():
    newer = TokenMaker()
    published = [MAKER.jwks]
    keys = PublicKeys(MAKER.jwks, lambda: published[0])
    verifier = TokenVerifier(keys, SystemClock())
    token = MAKER.token(5)
    verifier.verify(token)
    published[0] = newer.jwks
    keys._asked_at = -(10**9)
    verifier.keys.find(MAKER.key_id)
    eventually(lambda: not keys.has(MAKER.key_id))
    with pytest.raises(InvalidToken):
        verifier.verify(token)
    assert verifier.verify(newer.token(6)).account_id == 6


def test_an_unknown_key_is_asked_for_at_once_and_not_again_for_a_while():
    newer = TokenMaker()
    asked = []

    def fetch() -> str:
        asked.append(1)
        return newer.jwks

    verifier = TokenVerifier(PublicKeys(MAKER.jwks, fetch), SystemClock())
    assert verifier.verify(newer.token(6)).account_id == 6
    for _ in range(20):
        with pytest.raises(InvalidToken):
            verifier.verify(CORPUS["another key under its own kid"])
    assert len(asked) == 1


@pytest.mark.parametrize("trouble", [OSError(), ValueError()])
def test_keys_stay_when_they_cannot_be_fetched(trouble):
    def fetch() -> str:
        raise trouble

    verifier = TokenVerifier(PublicKeys(MAKER.jwks, fetch), SystemClock())
    with pytest.raises(InvalidToken):
        verifier.verify(CORPUS["another key under its own kid"])
    assert verifier.verify(MAKER.token(5)).account_id == 5


@pytest.mark.parametrize("jwks", ["{}", '{"keys": []}', '{"keys": [{"kty": "oct", "kid": "a"}]}'])
def test_a_document_without_usable_keys_replaces_nothing(jwks):
    verifier = TokenVerifier(PublicKeys(MAKER.jwks, lambda: jwks), SystemClock())
    with pytest.raises(InvalidToken):
        verifier.verify(CORPUS["another key under its own kid"])
    assert verifier.verify(MAKER.token(5)).account_id == 5


def test_a_private_key_published_by_mistake_is_never_used():
    private = json.loads(RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048)))
    assert len(PublicKeys(json.dumps({"keys": [{**private, "kid": "leak"}]}))) == 0


def test_rsa_keys_verify_rs256_only():
    key = rsa.generate_private_key(65537, 2048)
    public = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    keys = PublicKeys(json.dumps({"keys": [{**public, "kid": "r"}]}))
    verifier = TokenVerifier(keys, SystemClock())
    good = jwt.encode(claims(), key, algorithm="RS256", headers={"kid": "r"})
    assert verifier.verify(good).account_id == 5
    for algorithm in ("RS512", "PS256"):
        with pytest.raises(InvalidToken):
            verifier.verify(jwt.encode(claims(), key, algorithm=algorithm, headers={"kid": "r"}))


def test_only_so_many_tokens_are_remembered():
    verifier = TokenVerifier(PublicKeys(MAKER.jwks), SystemClock(), remembered=3)
    for account_id in range(1, 10):
        verifier.verify(MAKER.token(account_id))
    assert len(verifier._verified) == 3
