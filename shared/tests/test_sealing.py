"""Sealed secrets: only their reader, only for their context."""

import base64

import pytest
from cryptography.hazmat.primitives import hpke, serialization
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
# Sealed by the last release that made `v1`.
V1_PRIVATE, _ = pems(X25519PrivateKey.from_private_bytes(bytes(range(32))))
V1_SEALED = (
    "v1.VfK0TUIOemVDzeLJk_V3eo28Q_58v-Qx6YvGI-MgNxvjHgHmOdUTNwQOgMf_bWR351sI_-ElyvzTE3V-Quty03H1"
)


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


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_every_flipped_byte_is_refused(version: str):
    private, sealed = {"v1": (V1_PRIVATE, V1_SEALED), "v2": (PRIVATE, seal(PUBLIC, b"1", CONTEXT))}[
        version
    ]
    raw = bytearray(base64.urlsafe_b64decode(sealed.removeprefix(f"{version}.") + "=="))
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1
        text = f"{version}." + base64.urlsafe_b64encode(changed).decode().rstrip("=")
        with pytest.raises(CannotUnseal):
            unseal(private, text, CONTEXT)


@pytest.mark.parametrize(
    ("private", "sealed"), [(V1_PRIVATE, V1_SEALED), (PRIVATE, "")], ids=("v1", "v2")
)
def test_every_length_short_of_the_whole_is_refused(private: str, sealed: str):
    sealed = sealed or seal(PUBLIC, b"012345", CONTEXT)
    for length in range(len(sealed)):
        with pytest.raises(CannotUnseal):
            unseal(private, sealed[:length], CONTEXT)


def test_what_the_release_before_sealed_is_still_opened():
    assert unseal(V1_PRIVATE, V1_SEALED, CONTEXT) == b"012345"


def test_one_version_is_not_taken_for_the_other():
    with pytest.raises(CannotUnseal):
        unseal(V1_PRIVATE, V1_SEALED.replace("v1.", "v2."), CONTEXT)
    with pytest.raises(CannotUnseal):
        unseal(PRIVATE, seal(PUBLIC, b"012345", CONTEXT).replace("v2.", "v1."), CONTEXT)


def test_it_is_hpke_as_the_rfc_has_it():
    """Any implementation of RFC 9180 opens it: the encapsulated key, then the text."""
    body = seal(PUBLIC, b"012345", CONTEXT).removeprefix("v2.")
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))

    assert len(raw) == 32 + len(b"012345") + 16
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    key = serialization.load_pem_private_key(PRIVATE.encode(), password=None)
    assert isinstance(key, X25519PrivateKey)
    assert suite.decrypt(raw, key, info=CONTEXT) == b"012345"


@pytest.mark.parametrize(
    "text",
    ["", "v2.", "v2.AAAA", "v1.AAAA", "v2." + "A" * 100, "v3." + "A" * 100, "v2.***", "x", "v2.é"],
)
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
