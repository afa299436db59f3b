"""A corpus of tokens that nobody may be let in with, and a server that waits to be asked for a
forger's keys.

The forger knows what everybody can know (the published keys, an own good token) and, for the tokens
called misminted, even has something signed with the real key that is no access token of ours. Here
is only what is sent; `shared/tests/http/test_authentication.py` tries the verifier alone.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from shared.access_tokens import AUDIENCE, ISSUER
from shared.testing.tokens import TokenMaker

ACCOUNT_ID = 1
FORGER_KEY_ID = "forger"
_LEFT_OUT = object()
_MEGABYTE = 1024 * 1024


def encoded(raw: bytes) -> str:
    """Spell bytes in base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _part(value: object) -> str:
    return encoded(value if isinstance(value, bytes) else json.dumps(value).encode())


def _claims(**changes: object) -> dict[str, object]:
    """Give good claims, changed or left out."""
    now = int(time.time())
    good: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(ACCOUNT_ID),
        "id": ACCOUNT_ID,
        "role": "client",
        "hearth_role": "client",
        "sid": "a-session-of-the-forger",
        "verified": True,
        "iat": 0,
        "nbf": 0,
        "exp": now + 900,
        "jti": "a-token",
        **changes,
    }
    return {name: value for name, value in good.items() if value is not _LEFT_OUT}


class Forger:
    """Makes the corpus for the keys a maker publishes; `lure_url` is where headers point to."""

    def __init__(self, maker: TokenMaker, lure_url: str) -> None:
        self._maker = maker
        self._lure_url = lure_url
        self._own_key = Ed25519PrivateKey.generate()
        self._own_rsa_key = rsa.generate_private_key(65537, 2048)

    @property
    def own_jwk(self) -> dict[str, Any]:
        """Give the forger's public key, as a server that is asked for it would publish it."""
        public: dict[str, Any] = json.loads(OKPAlgorithm.to_jwk(self._own_key.public_key()))
        return {**public, "kid": FORGER_KEY_ID, "alg": "EdDSA", "use": "sig"}

    def good(self) -> str:
        """Give the control: a token spelled by the same means, with nothing wrong in it."""
        return self._signed(_claims())

    def tokens(self) -> dict[str, str]:
        """Give every forged token by what is wrong with it."""
        return {
            **self._unsigned(),
            **self._by_confused_algorithms(),
            **self._by_own_keys(),
            **self._with_other_headers(),
            **self._tampered(),
            **self._misspelled(),
            **self._misminted(),
        }

    def _header(self, **changes: object) -> dict[str, object]:
        header = {"alg": "EdDSA", "typ": "JWT", "kid": self._maker.key_id, **changes}
        return {name: value for name, value in header.items() if value is not _LEFT_OUT}

    def _signed(
        self, payload: object, header: object = None, key: Ed25519PrivateKey | None = None
    ) -> str:
        """Sign anything, by default with the real key."""
        text = f"{_part(self._header() if header is None else header)}.{_part(payload)}"
        signature = (key or self._maker.private_key).sign(text.encode())
        return f"{text}.{encoded(signature)}"

    def _unsigned(self) -> dict[str, str]:
        signature = self.good().rpartition(".")[2]
        found = {}
        for spelling in ("none", "None", "NONE", "nOnE", "none ", ""):
            text = f"{_part(self._header(alg=spelling))}.{_part(_claims(role='admin'))}"
            found[f"alg {spelling!r} without a signature"] = f"{text}."
            found[f"alg {spelling!r} with a foreign signature"] = f"{text}.{signature}"
        for name, algorithm in (("null", None), ("a list", ["none"]), ("missing", _LEFT_OUT)):
            head = _part(self._header(alg=algorithm))
            found[f"alg {name}"] = f"{head}.{_part(_claims())}.{signature}"
        return found

    def _by_confused_algorithms(self) -> dict[str, str]:
        public = self._maker.private_key.public_key()
        pem = public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        secrets = {
            "the public PEM": pem,
            "the public PEM without its last line feed": pem.rstrip(),
            "the public bytes": public.public_bytes_raw(),
            "the published document": self._maker.jwks.encode(),
            "nothing": b"",
        }
        found = {}
        for name, secret in secrets.items():
            text = f"{_part(self._header(alg='HS256'))}.{_part(_claims(role='admin'))}"
            made = hmac.new(secret, text.encode(), hashlib.sha256).digest()
            found[f"HS256 with {name}"] = f"{text}.{encoded(made)}"
        found["RS256 in the header of an EdDSA signature"] = self._signed(
            _claims(), self._header(alg="RS256")
        )
        return found

    def _by_own_keys(self) -> dict[str, str]:
        """Sign with keys nobody published, or that the token itself brings along."""
        point_key = ec.generate_private_key(ec.SECP256R1())
        rsa_jwk = json.loads(RSAAlgorithm.to_jwk(self._own_rsa_key.public_key()))
        lure = self._lure_url
        mine: dict[str, object] = {"kid": FORGER_KEY_ID}
        own = self._own_key
        found: dict[str, str] = {
            "another key under our kid": self._signed(_claims(), key=own),
            "an RSA key under our kid": self._by(self._own_rsa_key, "RS256"),
            "an elliptic key under our kid": self._by(point_key, "ES256"),
            "an RSA key that the header brings": self._by(self._own_rsa_key, "RS256", jwk=rsa_jwk),
        }
        headers: dict[str, dict[str, object]] = {
            "another key under its own kid": {**mine},
            "another key that the header brings": {"jwk": self.own_jwk},
            "another key that the header brings, under its own kid": {**mine, "jwk": self.own_jwk},
            "another key at an address (jku)": {**mine, "jku": f"{lure}/jwks.json"},
            "another key at an address (jku) under our kid": {"jku": f"{lure}/jwks.json"},
            "another key in a certificate at an address (x5u)": {**mine, "x5u": f"{lure}/x5u.pem"},
            "another key in a certificate (x5c)": {**mine, "x5c": ["TUlJQg=="]},
            "another issuer's keys by discovery": {**mine, "iss": lure},
            "an address as kid": {"kid": f"{lure}/jwks.json"},
        }
        for name, header in headers.items():
            found[name] = self._signed(_claims(), self._header(**header), own)
        found["an issuer at an address"] = self._signed(
            _claims(iss=lure), self._header(**mine), own
        )
        return found

    def _by(self, key: Any, algorithm: str, **header: object) -> str:
        return jwt.encode(
            _claims(), key, algorithm=algorithm, headers={"kid": self._maker.key_id, **header}
        )

    def _with_other_headers(self) -> dict[str, str]:
        """Sign good claims with the real key below headers no token of ours has."""
        kids: dict[str, object] = {
            "missing": _LEFT_OUT,
            "null": None,
            "empty": "",
            "a number": 5,
            "an object": {"kid": self._maker.key_id},
            "a list": [self._maker.key_id],
            "a path": "../../../../../../dev/null",
            "a path to a file that is there": "../../../../etc/passwd",
            "a path cut by NUL": f"{self._maker.key_id}\x00.pem",
            "an SQL text": "x' UNION SELECT 'a' --",
            "a command": "|touch /tmp/forged",
            "ours in capitals": self._maker.key_id.swapcase(),
            "ours and a blank": f"{self._maker.key_id} ",
            "very long": "k" * 2500,
            "not ASCII": "ключ",
            "a lone surrogate": "\ud800",
        }
        found = {
            f"kid {name}": self._signed(_claims(), self._header(kid=kid))
            for name, kid in kids.items()
        }
        shapes: dict[str, object] = {
            "crit names something unknown": self._header(crit=["hearth"], hearth=True),
            "crit is empty": self._header(crit=[]),
            "crit is no list": self._header(crit="exp"),
            "payload said to be unencoded": self._header(crit=["b64"], b64=False),
            "header is a list": [],
            "header is a text": "EdDSA",
            "header is no JSON": b"{",
            "header is empty": b"",
            "header is nested deeply": b'{"a":' * 1000,
        }
        return found | {name: self._signed(_claims(), header) for name, header in shapes.items()}

    def _tampered(self) -> dict[str, str]:
        """Change what a good signature stands under, or the signature."""
        head, body, signature = self.good().split(".")
        raw = base64.urlsafe_b64decode(signature + "==")
        changed: dict[str, dict[str, object]] = {
            "the role": {"role": "admin"},
            "the role that is decided by": {"hearth_role": "admin"},
            "the account": {"sub": "2", "id": 2},
            "the login session": {"sid": "another"},
            "the end": {"exp": int(time.time()) + 10**8},
            "the address's proof": {"verified": False},
        }
        found = {
            f"tampered: {name}": f"{head}.{_part(_claims(**claims))}.{signature}"
            for name, claims in changed.items()
        }
        return found | {
            "tampered: the header": f"{_part(self._header(x=1))}.{body}.{signature}",
            "tampered: one bit of the signature": f"{head}.{body}.{encoded(_flipped(raw))}",
            "tampered: a signature of zeros": f"{head}.{body}.{encoded(bytes(64))}",
            "tampered: a signature cut short": f"{head}.{body}.{encoded(raw[:32])}",
            "tampered: a signature made longer": f"{head}.{body}.{encoded(raw + bytes(8))}",
            "tampered: no signature": f"{head}.{body}.",
            "tampered: header and body exchanged": f"{body}.{head}.{signature}",
        }

    def _misspelled(self) -> dict[str, str]:
        """Spell a good token in a way no token is spelled."""
        good = self.good()
        head, body, signature = good.split(".")
        unused_bits = signature[:-1] + _next_of(signature[-1])
        several = {
            "payload": body,
            "signatures": [{"protected": head, "signature": signature}] * 2,
        }
        flattened = {"protected": head, "payload": body, "signature": signature}
        sealed = _part({"alg": "dir", "enc": "A256GCM", "kid": self._maker.key_id})
        return {
            "one part": head,
            "two parts": f"{head}.{body}",
            "four parts": f"{good}.{signature}",
            "two signatures": f"{head}.{body}.{signature}.{signature}",
            "two signatures in one JSON": json.dumps(several),
            "one signature in JSON": json.dumps(flattened, separators=(",", ":")),
            "one signature in JSON, in base64url": _part(flattened),
            "a good token and another": f"{good} {good}",
            "a good token and another after a comma": f"{good},{good}",
            "encrypted (JWE)": f"{sealed}..{encoded(bytes(12))}.{body}.{encoded(bytes(16))}",
            "encrypted (JWE) with a wrapped key": f"{_part({'alg': 'RSA-OAEP', 'enc': 'A128GCM'})}"
            f".{signature}.{encoded(bytes(12))}.{body}.{encoded(bytes(16))}",
            "dots": "..",
            "a word": "undefined",
            "cut in half": good[: len(good) // 2],
            "cut by one character": good[:-1],
            "padded signature": f"{good}==",
            "padded parts": ".".join(_padded(each) for each in (head, body, signature)),
            "padded too much": f"{good}====",
            "unused bits set": f"{head}.{body}.{unused_bits}",
            "standard base64": f"{head}.{body}.{_standard(signature)}",
            "blank after a dot": good.replace(".", ". "),
            "blank in the signature": f"{good[:-5]} {good[-5:]}",
            "tab in the signature": f"{good[:-5]}\t{good[-5:]}",
            "NUL at the end": f"{good}\x00",
            "NUL in the signature": f"{good[:-5]}\x00{good[-5:]}",
            "NUL in front": f"\x00{good}",
            "byte order mark in front": f"\ufeff{good}",
            "vertical tab at the end": f"{good}\x0b",
            "no-break blank at the end": f"{good}\u00a0",
            "not ASCII at the end": f"{good}é",
            "not ASCII in the signature": f"{good[:-1]}ß",
            "full-width letters": good.translate({0x65: "\uff45"}),
            "a lone surrogate": f"{good[:-1]}\ud800",
            "percent-encoded dots": good.replace(".", "%2e"),
            "in quotes": f'"{good}"',
            "1 MB": f"{head}.{body}.{'A' * _MEGABYTE}",
            "1 MB of dots": "." * _MEGABYTE,
            "1 MB, rightly signed": self._signed(_claims(jti="x" * _MEGABYTE)),
        }

    def _misminted(self) -> dict[str, str]:
        """Sign with the real key what is no access token of ours."""
        now = int(time.time())
        far = now + 10 * 365 * 86_400
        changes: dict[str, dict[str, object]] = {
            "another issuer": {"iss": "other"},
            "issuer a list": {"iss": [ISSUER]},
            "another audience": {"aud": "other"},
            "several audiences without ours": {"aud": ["a", "b"]},
            "audience an object": {"aud": {"hearth": True}},
            "sub a number": {"sub": ACCOUNT_ID},
            "sub a list": {"sub": [str(ACCOUNT_ID)]},
            "sub null": {"sub": None},
            "id another than sub": {"id": 2},
            "sub another spelling of id": {"sub": f"0{ACCOUNT_ID}"},
            "id a text": {"id": str(ACCOUNT_ID)},
            "id a boolean": {"id": True},
            "id a fraction": {"id": 1.0},
            "role unknown": {"hearth_role": "root"},
            "role in capitals": {"hearth_role": "ADMIN"},
            "role a list": {"hearth_role": ["admin"]},
            "role an object": {"hearth_role": {"admin": 1}},
            "role null": {"hearth_role": None},
            "role empty": {"hearth_role": ""},
            "role only in the words of a dialect": {"role": "user", "hearth_role": _LEFT_OUT},
            "an older release's role unknown": {"role": "root", "hearth_role": _LEFT_OUT},
            "an older release's role a list": {"role": ["admin"], "hearth_role": _LEFT_OUT},
            "the dialect's role a list": {"role": ["admin"]},
            "duty unknown": {"duty": "nothing"},
            "duty a list": {"duty": ["change_password"]},
            "duty a boolean": {"duty": False},
            "sid a number": {"sid": 5},
            "sid null": {"sid": None},
            "verified a text": {"verified": "true"},
            "verified a number": {"verified": 1},
            "nbf in the future": {"nbf": far},
            "nbf a text": {"nbf": "0"},
            "nbf a list": {"nbf": [0]},
            "iat far in the future": {"iat": far, "exp": far + 900},
            "iat a text": {"iat": "0"},
            "iat an object": {"iat": {}},
            "exp a text": {"exp": str(now + 900)},
            "exp a fraction": {"exp": now + 900.5},
            "exp huge": {"exp": 10**30},
            "exp negative": {"exp": -1},
            "exp zero": {"exp": 0},
            "exp null": {"exp": None},
            "exp a boolean": {"exp": True},
            "expired": {"exp": 1_000_000_000},
            "a refresh token": {"type": "refresh"},
        }
        found = {
            f"misminted: {name}": self._signed(_claims(**each)) for name, each in changes.items()
        }
        for name in _claims().keys() - {"hearth_role"}:  # an older release's tokens have none
            found[f"misminted: without {name}"] = self._signed(_claims(**{name: _LEFT_OUT}))
        payloads: dict[str, object] = {
            "exp infinite": json.dumps(_claims(exp=float("inf"))).encode(),
            "exp with 2,000 digits": json.dumps(_claims())
            .encode()
            .replace(b'"exp": ', b'"exp": ' + b"9" * 2000),
            "payload a list": [_claims()],
            "payload null": None,
            "payload no JSON": b"{",
            "payload not UTF-8": b'{"iss": "\xff"}',
            "payload nested deeply": b"[" * 2000,
        }
        return found | {
            f"misminted: {name}": self._signed(payload) for name, payload in payloads.items()
        }


def _flipped(raw: bytes) -> bytes:
    return bytes([raw[0] ^ 1]) + raw[1:]


def _padded(part: str) -> str:
    return part + "=" * (-len(part) % 4)


def _standard(part: str) -> str:
    """Spell in standard base64; the padding makes it another text even without + and /."""
    return _padded(part.replace("-", "+").replace("_", "/"))


def _next_of(character: str) -> str:
    """Give the character of the next base64url value: 64 bytes leave its last four bits unused."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(character) + 1]


@contextmanager
def lure(jwk_of: Callable[[], Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Run a server that would hand out a forger's keys; give its address and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps({"keys": [jwk_of()]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def forger_at_work(maker: TokenMaker) -> Iterator[tuple[Forger, list[str]]]:
    """Give a forger whose addresses answer, and the list of what they were asked."""
    found: list[Forger] = []
    with lure(lambda: found[0].own_jwk) as (url, asked):
        found.append(Forger(maker, url))
        yield found[0], asked


def as_header(text: str) -> str:
    """Give a header's value as a WSGI server hands it over: each byte one character."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def let_in(client: FlaskClient, method: str, path: str, tokens: Mapping[str, str]) -> list[str]:
    """Send every token to a service as `Authorization: Bearer`; tell which were not refused with
    401 and a problem document.
    """
    told = []
    for name, token in tokens.items():
        answer = client.open(
            path,
            method=method,
            environ_overrides={"HTTP_AUTHORIZATION": as_header(f"Bearer {token}")},
        )
        if (answer.status_code, answer.mimetype) != (401, "application/problem+json"):
            told.append(f"{name}: {answer.status_code} {answer.get_data(as_text=True)[:200]}")
    return told
