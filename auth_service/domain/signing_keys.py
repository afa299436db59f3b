"""The keys that sign access tokens: the present one, and the previous one while both overlap."""

import json
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from shared.keys import key_id_of


class BadSigningKey(ValueError):
    """The PEM text does not hold an Ed25519 private key."""


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A key and its id, the RFC 7638 thumbprint of its public half."""

    key_id: str
    private_pem: str = field(repr=False)
    public_pem: str
    public_members: dict[str, str]


def signing_key_from(pem: str) -> SigningKey:
    """Read a signing key.

    Raises:
        BadSigningKey: it is something else.
    """
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise BadSigningKey("not a PEM private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadSigningKey("not an Ed25519 private key")
    public = key.public_key()
    key_id = key_id_of(key)
    members = json.loads(OKPAlgorithm.to_jwk(public))
    return SigningKey(
        key_id=key_id,
        private_pem=pem,
        public_pem=public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode(),
        public_members={**members, "kid": key_id, "alg": "EdDSA", "use": "sig"},
    )


def published_keys(present: str, previous: str | None) -> dict[str, list[dict[str, str]]]:
    """Give the JWKS document of the PEM keys that may have signed a living token."""
    keys = [signing_key_from(pem) for pem in (present, previous) if pem]
    return {"keys": [key.public_members for key in keys]}
