"""Signed access tokens for tests, and the environment a service under test is started with."""

import json
import secrets
import time
import uuid
from base64 import b64encode
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from shared.access_tokens import AUDIENCE, ISSUER, Identity
from shared.keys import key_id_of, private_pem, public_pem

INTERNAL_KEY = "internal-key-of-the-tests-0123456789abcdef"

SEALING_PRIVATE_KEY = X25519PrivateKey.from_private_bytes(b"s" * 32)


class TokenMaker:
    """Signs tokens with a key of its own, or a given one; `jwks` publishes it."""

    def __init__(self, private_key: Ed25519PrivateKey | None = None) -> None:
        self.private_key = private_key or Ed25519PrivateKey.generate()
        self.key_id = key_id_of(self.private_key)
        public = json.loads(OKPAlgorithm.to_jwk(self.private_key.public_key()))
        self.jwks = json.dumps(
            {"keys": [{**public, "kid": self.key_id, "alg": "EdDSA", "use": "sig"}]}
        )

    @property
    def private_pem(self) -> str:
        """Give the private key as auth_service reads it."""
        return private_pem(self.private_key)

    def token(
        self,
        account_id: int = 1,
        role: str = "client",
        *,
        session_id: str | None = None,
        is_verified: bool = True,
        expires_in_seconds: int = 900,
        **claims: object,
    ) -> str:
        """Sign an access token; further claims replace the usual ones."""
        now = int(time.time())
        payload: dict[str, object] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(account_id),
            "id": account_id,
            "role": role,
            "hearth_role": role,
            "sid": session_id or uuid.uuid4().hex,
            "verified": is_verified,
            "iat": 0,  # good under a clock that stands in the past, too
            "nbf": 0,
            "exp": now + expires_in_seconds,
            "jti": secrets.token_hex(8),
            **claims,
        }
        return jwt.encode(
            payload, self.private_key, algorithm="EdDSA", headers={"kid": self.key_id}
        )

    def headers(self, account_id: int = 1, role: str = "client", **more: object) -> dict[str, str]:
        """Give the Authorization header of such a token."""
        return {"Authorization": f"Bearer {self.token(account_id, role, **more)}"}  # type: ignore[arg-type]


def identity_of(account_id: int = 1, role: str = "client") -> Identity:
    """Give a caller as a verified token would name them."""
    return Identity(
        account_id=account_id,
        role=role,
        login_session_id=uuid.uuid4().hex,
        is_verified=True,
        expires_at=int(time.time()) + 900,
        key_id="test",
    )


def service_environment(
    service: str, database_url: str, data_directory: Path, maker: TokenMaker
) -> dict[str, str]:
    """Give the settings of a service under test; siblings are unreachable unless a test replaces
    their URLs.
    """
    unreachable = {
        f"{name}_URL": "http://127.0.0.1:9"
        for name in ("AUTH", "PROFILE", "BOOKING", "CHAT", "NOTIFICATION")
    }
    return {
        "HEARTH_ENV": "development",
        "DATA_DIR": str(data_directory),
        f"{service.upper()}_DATABASE_URL": database_url,
        "TOKEN_PUBLIC_KEYS": maker.jwks,
        "SIGNING_KEY": maker.private_pem,
        "SEALING_PRIVATE_KEY": private_pem(SEALING_PRIVATE_KEY),
        "SEALING_PUBLIC_KEY": public_pem(SEALING_PRIVATE_KEY.public_key()),
        "INTERNAL_KEY": INTERNAL_KEY,
        "CODE_HMAC_KEY": b64encode(b"c" * 32).decode(),
        "TEXT_MASTER_KEY": b64encode(b"t" * 32).decode(),
        "RATE_LIMIT_SCALE": "1000",
        **unreachable,
    }


def internal_headers() -> dict[str, str]:
    """Give the header by which the gateway and other services are known."""
    return {"X-Internal-Key": INTERNAL_KEY}
