"""Sealed secrets: only their reader, only for their context."""

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared.sealing import (
    BadSealingKey,
    CannotUnseal,
    check_private_key,
    check_public_key,
    seal,
    unseal,
)

CONTEXT = b"sign_up:anna@example.org"


def pems(key: X25519PrivateKey | Ed25519PrivateKey) -> tuple[str, str]:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


PRIVATE, PUBLIC = pems(X25519PrivateKey.generate())


def test_the_reader_gets_the_secret_back():
    assert unseal(PRIVATE, seal(PUBLIC, b"012345", CONTEXT), CONTEXT) == b"012345"


def test_the_same_secret_never_looks_the_same():
    assert seal(PUBLIC, b"012345", CONTEXT) != seal(PUBLIC, b"012345", CONTEXT)


def test_another_context_is_refused():
    sealed = seal(PUBLIC, b"012345", CONTEXT)
    with pytest.raises(CannotUnseal):
        unseal(PRIVATE, sealed, b"password_reset:anna@example.org")


def test_another_key_is_refused():
    other_private, _ = pems(X25519PrivateKey.generate())
    with pytest.raises(CannotUnseal):
        unseal(other_private, seal(PUBLIC, b"012345", CONTEXT), CONTEXT)


def test_every_flipped_byte_is_refused():
    sealed = seal(PUBLIC, b"012345", CONTEXT)
    raw = bytearray(base64.urlsafe_b64decode(sealed.removeprefix("v1.") + "=="))
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1
        text = "v1." + base64.urlsafe_b64encode(changed).decode().rstrip("=")
        with pytest.raises(CannotUnseal):
            unseal(PRIVATE, text, CONTEXT)


@pytest.mark.parametrize("text", ["", "v1.", "v1.AAAA", "v2." + "A" * 100, "v1.***", "x", "v1.é"])
def test_what_is_no_sealed_secret_is_refused(text):
    with pytest.raises(CannotUnseal):
        unseal(PRIVATE, text, CONTEXT)


def test_a_key_of_another_kind_is_refused():
    signing_private, signing_public = pems(Ed25519PrivateKey.generate())
    for pem in (signing_public, PRIVATE, "no key"):
        with pytest.raises(BadSealingKey):
            check_public_key(pem)
    for pem in (signing_private, PUBLIC, "no key"):
        with pytest.raises(BadSealingKey):
            check_private_key(pem)
    check_public_key(PUBLIC)
    check_private_key(PRIVATE)
