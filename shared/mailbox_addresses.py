"""Addresses of mailboxes: one canonical form, made once where an address enters, and how an address
is shown. Addresses of network clients are another matter (`shared.http.addresses`).
"""

import unicodedata
from functools import lru_cache

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

MOST_CHARACTERS = 254
MOST_LOCAL_CHARACTERS = 64
_ENCODED = "xn--"


class MailboxAddress(str):
    """An address in its canonical form, by which it is kept, compared, counted and mailed to;
    `shown` is how the person wrote it, in lower case.
    """

    shown: str

    @classmethod
    def of(cls, canonical: str, shown: str) -> "MailboxAddress":
        """Give the canonical form together with the written one."""
        address = cls(canonical)
        address.shown = shown
        return address


def mailbox_address(candidate: str) -> MailboxAddress:
    """Read an address: NFKC, trimmed, lower case, the domain by IDNA 2008 (UTS 46, not
    transitional) in ASCII; at most 254 characters, of which 64 before the @, and these ASCII: to
    others no mail could be written. Nothing is looked up on the network.

    Raises:
        ValueError: it is no address, or has no canonical form.
    """
    written = _lower(unicodedata.normalize("NFC", candidate).strip())
    folded = _lower(unicodedata.normalize("NFKC", written).strip())
    if len(written) > MOST_CHARACTERS or len(folded) > MOST_CHARACTERS:
        raise ValueError("not an address")
    read = _read(folded)
    canonical = f"{read.local_part.lower()}@{(read.ascii_domain or '').lower()}"
    if len(read.local_part) > MOST_LOCAL_CHARACTERS or len(canonical) > MOST_CHARACTERS:
        raise ValueError("not an address")
    return MailboxAddress.of(canonical, written)


def shown_address(address: str) -> str:
    """Give an address as its owner reads it: as they wrote it where that is known, otherwise with
    its domain in their letters.
    """
    if isinstance(address, MailboxAddress):
        return address.shown
    return _in_letters(address) if _ENCODED in address else address


@lru_cache(maxsize=4096)
def _in_letters(address: str) -> str:
    try:
        read = _read(address)
    except ValueError:
        return address
    return f"{read.local_part}@{read.domain}"


def _lower(text: str) -> str:
    """Lower each letter by itself, as UTS 46 does: it knows no final sigma."""
    return text.lower() if text.isascii() else "".join(map(str.lower, text))


def _read(text: str) -> ValidatedEmail:
    try:
        # the validator's own encoding of domains is IDNA 2008, unlike Python's codec
        return validate_email(
            text, allow_smtputf8=False, check_deliverability=False, test_environment=True
        )
    except (EmailNotValidError, UnicodeError) as error:
        raise ValueError("not an address") from error
