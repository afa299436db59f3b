"""Sealing a short secret to one reader's key: a mailed code travels in an event as this and nothing
else.

HPKE of RFC 9180 in its base mode (DHKEM X25519, HKDF-SHA256, AES-256-GCM), one message per secret.
Whoever seals needs only the public key; what the secret is for and for whom (`context`, HPKE's
`info`) is bound to it, so that a sealed code cannot be moved to another person or purpose.

`v2.` is that; `v1.`, our own scheme of the same parts, is still opened, never made.
"""

import base64
import binascii
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION: Final = "v2"
_SUITE: Final = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_V1_KEY_BYTES: Final = 32
_V1_NONCE_BYTES: Final = 12
_V1_PURPOSE: Final = b"hearth sealing v1"


class CannotUnseal(Exception):
    """The text is no sealed secret, was changed, or was sealed to another key or context."""


class BadSealingKey(ValueError):
    """The PEM text does not hold an X25519 key of the wanted half."""


def seal(public_key_pem: str, secret: bytes, context: bytes) -> str:
    """Seal `secret` so that only the holder of the private key reads it, and only for `context`.

    Raises:
        BadSealingKey: the text is no X25519 public key.
    """
    sealed = _SUITE.encrypt(secret, _public_key(public_key_pem), info=context)
    return f"{VERSION}.{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"


def unseal(private_key_pem: str, sealed: str, context: bytes) -> bytes:
    """Give the secret back.

    Raises:
        CannotUnseal: changed, cut short, another key, or another context.
        BadSealingKey: the text is no X25519 private key.
    """
    private_key = _private_key(private_key_pem)
    version, _, body = sealed.partition(".")
    if version not in _OPENERS:
        raise CannotUnseal("the sealed text is not readable")
    try:
        return _OPENERS[version](private_key, _raw(body), context)
    except (InvalidTag, ValueError) as error:
        message = "the sealed text does not belong to this key and context"
        raise CannotUnseal(message) from error


def _open_v2(private_key: X25519PrivateKey, raw: bytes, context: bytes) -> bytes:
    return _SUITE.decrypt(raw, private_key, info=context)


def _open_v1(private_key: X25519PrivateKey, raw: bytes, context: bytes) -> bytes:
    """Open what the ephemeral key, the nonce and the text of AES-GCM follow each other in."""
    theirs, rest = raw[:_V1_KEY_BYTES], raw[_V1_KEY_BYTES:]
    own = private_key.public_key().public_bytes_raw()
    exchanged = private_key.exchange(X25519PublicKey.from_public_bytes(theirs))
    key = HKDF(SHA256(), _V1_KEY_BYTES, salt=theirs + own, info=_V1_PURPOSE).derive(exchanged)
    nonce, text = rest[:_V1_NONCE_BYTES], rest[_V1_NONCE_BYTES:]
    return AESGCM(key).decrypt(nonce, text, context)


_OPENERS: Final = {"v2": _open_v2, "v1": _open_v1}


def check_public_key(public_key_pem: str) -> None:
    """Raise BadSealingKey unless the text is an X25519 public key; for settings at start."""
    _public_key(public_key_pem)


def check_private_key(private_key_pem: str) -> None:
    """Raise BadSealingKey unless the text is an X25519 private key; for settings at start."""
    _private_key(private_key_pem)


def _raw(body: str) -> bytes:
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise CannotUnseal("the sealed text is not readable") from error


def _public_key(pem: str) -> X25519PublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except ValueError as error:
        raise BadSealingKey("not a PEM public key") from error
    if not isinstance(key, X25519PublicKey):
        raise BadSealingKey("not an X25519 public key")
    return key


def _private_key(pem: str) -> X25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise BadSealingKey("not a PEM private key") from error
    if not isinstance(key, X25519PrivateKey):
        raise BadSealingKey("not an X25519 private key")
    return key
