"""Sealing a short secret to one reader's key: a mailed code travels in an event as this and nothing
else.

X25519 with a fresh key per secret, HKDF-SHA256, AES-256-GCM. Whoever seals needs only the public
key; what the secret is for and for whom (`context`) is authenticated with it, so that a sealed code
cannot be moved to another person or purpose.
"""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = "v1"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_PURPOSE = b"hearth sealing v1"


class CannotUnseal(Exception):
    """The text is no sealed secret, was changed, or was sealed to another key or context."""


class BadSealingKey(ValueError):
    """The PEM text does not hold an X25519 key of the wanted half."""


def seal(public_key_pem: str, secret: bytes, context: bytes) -> str:
    """Seal `secret` so that only the holder of the private key reads it, and only for `context`.

    Raises:
        BadSealingKey: the text is no X25519 public key.
    """
    reader = _public_key(public_key_pem)
    ephemeral = X25519PrivateKey.generate()
    ephemeral_bytes = ephemeral.public_key().public_bytes_raw()
    key = _shared_key(ephemeral.exchange(reader), ephemeral_bytes, reader.public_bytes_raw())
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, secret, context)
    body = base64.urlsafe_b64encode(ephemeral_bytes + nonce + sealed).decode().rstrip("=")
    return f"{VERSION}.{body}"


def unseal(private_key_pem: str, sealed: str, context: bytes) -> bytes:
    """Give the secret back.

    Raises:
        CannotUnseal: changed, cut short, another key, or another context.
        BadSealingKey: the text is no X25519 private key.
    """
    private_key = _private_key(private_key_pem)
    raw = _raw(sealed)
    ephemeral_bytes = raw[:_KEY_BYTES]
    nonce = raw[_KEY_BYTES : _KEY_BYTES + _NONCE_BYTES]
    own_bytes = private_key.public_key().public_bytes_raw()
    try:
        exchanged = private_key.exchange(X25519PublicKey.from_public_bytes(ephemeral_bytes))
        key = _shared_key(exchanged, ephemeral_bytes, own_bytes)
        return AESGCM(key).decrypt(nonce, raw[_KEY_BYTES + _NONCE_BYTES :], context)
    except (InvalidTag, ValueError) as error:
        message = "the sealed text does not belong to this key and context"
        raise CannotUnseal(message) from error


def check_public_key(public_key_pem: str) -> None:
    """Raise BadSealingKey unless the text is an X25519 public key; for settings at start."""
    _public_key(public_key_pem)


def check_private_key(private_key_pem: str) -> None:
    """Raise BadSealingKey unless the text is an X25519 private key; for settings at start."""
    _private_key(private_key_pem)


def _raw(sealed: str) -> bytes:
    version, _, body = sealed.partition(".")
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise CannotUnseal("the sealed text is not readable") from error
    if version != VERSION or len(raw) < _KEY_BYTES + _NONCE_BYTES + 16:
        raise CannotUnseal("the sealed text is not readable")
    return raw


def _shared_key(exchanged: bytes, ephemeral: bytes, reader: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=ephemeral + reader, info=_PURPOSE).derive(exchanged)


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
