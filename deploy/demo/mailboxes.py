"""Reading the invitations mailed to the demonstration therapists, as they would read them: from the
folder a development platform writes its mails to, or from Mailpit.
"""

import email
import email.policy
import re
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import requests

_TOKEN = re.compile(r"\?token=([\w-]+)")
_TIMEOUT_SECONDS = 10


class UnreadableMailbox(Exception):
    """The mailbox that was named does not answer, or is none."""


class Mailbox(Protocol):
    """Where the mails of a platform can be read."""

    def invitation_token(self, address: str) -> str | None:
        """Give the token of the newest link mailed to the address, if one has come.

        Raises:
            UnreadableMailbox: it cannot be asked.
        """
        ...


def mailbox_at(place: str) -> Mailbox | None:
    """Give the mailbox of Mailpit's URL or of a folder, which the first mail may still have to
    make; None for no place, or a mail server.
    """
    scheme, separator, _ = place.partition("://")
    if separator:
        return _Mailpit(place) if scheme in ("http", "https") else None
    return _Folder(Path(place)) if place else None


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def invitation_token(self, address: str) -> str | None:
        for path in sorted(self._folder.glob("*.eml"), reverse=True):
            token = _token_in(path.read_bytes(), address)
            if token:
                return token
        return None


class _Mailpit:
    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def invitation_token(self, address: str) -> str | None:
        listed = self._get(f"/api/v1/search?query={quote(f'to:{address}')}").json()
        for entry in listed["messages"]:  # the newest first
            token = _token_in(self._get(f"/api/v1/message/{entry['ID']}/raw").content, address)
            if token:
                return token
        return None

    def _get(self, path: str) -> requests.Response:
        try:
            answer = requests.get(self._url + path, timeout=_TIMEOUT_SECONDS)
            answer.raise_for_status()
        except requests.RequestException as error:
            message = f"the mailbox {self._url} cannot be read: {type(error).__name__}"
            raise UnreadableMailbox(message) from error
        return answer


def _token_in(content: bytes, address: str) -> str | None:
    message = email.message_from_bytes(content, policy=email.policy.default)
    text = message.get_body(("plain",))
    if text is None or address.lower() not in str(message["To"]).lower():
        return None
    found = _TOKEN.search(text.get_content())
    return found[1] if found else None
