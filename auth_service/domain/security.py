"""The keys and the scale that operations judge and tell with; no state."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.sealing import seal

_NONCE_BYTES = 12


@dataclass(frozen=True, kw_only=True)
class Security:
    """What the settings say about secrets. `limit_scale` multiplies every limit on failures;
    `staff_need_second_factor` tells whether staff do nothing before they have one.
    """

    hash_key: bytes = field(repr=False)
    sealing_public_key: str
    limit_scale: float
    staff_need_second_factor: bool = False

    def keyed_hash(self, purpose: str, text: str) -> str:
        """Hash a text under the service's key, 64 hexadecimal characters; another purpose gives
        another hash.
        """
        message = f"{purpose}\x00{text}".encode()
        return hmac.new(self.hash_key, message, hashlib.sha256).hexdigest()

    def sealed(self, purpose: str, email: str, secret: str) -> str:
        """Seal a secret so that only the service that mails can read it, for this purpose and
        address only.
        """
        return seal(self.sealing_public_key, secret.encode(), f"{purpose}:{email}".encode())

    def encrypted(self, context: str, text: str) -> str:
        """Encrypt a text that is kept, for one context: its table, column and row."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        kept = nonce + AESGCM(self._own_key()).encrypt(nonce, text.encode(), context.encode())
        return base64.b64encode(kept).decode()

    def decrypted(self, context: str, kept: str) -> str | None:
        """Decrypt what `encrypted` gave; None when the key or the context is another one."""
        raw = base64.b64decode(kept)
        nonce, sealed = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        try:
            return AESGCM(self._own_key()).decrypt(nonce, sealed, context.encode()).decode()
        except InvalidTag:
            return None

    def _own_key(self) -> bytes:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hearth kept secrets")
        return derived.derive(self.hash_key)

    def recipient_key(self, email: str) -> str:
        """Give the opaque, stable key under which events speak of an address."""
        return self.keyed_hash("recipient", email)[:32]


def token_hash(token: str) -> str:
    """Hash a long random token; no key is needed, nobody can guess it."""
    return hashlib.sha256(token.encode()).hexdigest()
