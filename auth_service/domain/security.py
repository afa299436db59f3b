"""The keys and the scale that operations judge and tell with; no state."""

import hashlib
import hmac
from dataclasses import dataclass, field

from shared.sealing import seal


@dataclass(frozen=True, kw_only=True)
class Security:
    """What the settings say about secrets. `limit_scale` multiplies every limit on failures."""

    hash_key: bytes = field(repr=False)
    sealing_public_key: str
    limit_scale: float

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

    def recipient_key(self, email: str) -> str:
        """Give the opaque, stable key under which events speak of an address."""
        return self.keyed_hash("recipient", email)[:32]


def token_hash(token: str) -> str:
    """Hash a long random token; no key is needed, nobody can guess it."""
    return hashlib.sha256(token.encode()).hexdigest()
