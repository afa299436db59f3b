"""Reading the mails the platform sent: from a folder of `.eml` files, or from Mailpit's API."""

import email
import email.policy
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import requests

_CODE = re.compile(r"code is: (\d{6})")
_LINK_TOKEN = re.compile(r"\?token=([\w-]+)")
_ANY_CODE = re.compile(r"\b(\d{6})\b")


@dataclass(frozen=True, kw_only=True)
class ReceivedMail:
    """One mail as its reader sees it."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    has_calendar: bool

    @property
    def has_code(self) -> bool:
        """Tell whether this mail brings a code, in whatever language."""
        return _ANY_CODE.search(self.text) is not None

    @property
    def code(self) -> str:
        """Give the six digits of a code mail."""
        found = _CODE.search(self.text) or _ANY_CODE.search(self.text)
        assert found, f"no code in: {self.subject}"
        return found[1]

    @property
    def has_link(self) -> bool:
        """Tell whether this mail brings a link with a token."""
        return _LINK_TOKEN.search(self.text) is not None

    @property
    def link_token(self) -> str:
        """Give the token of the link."""
        found = _LINK_TOKEN.search(self.text)
        assert found, f"no link in: {self.subject}"
        return found[1]


class Mailbox(Protocol):
    """Both ways to read mails."""

    def mails_to(self, address: str) -> list[ReceivedMail]:
        """Give every mail to the address, oldest first."""
        ...


def received(content: bytes) -> ReceivedMail:
    """Read one mail's bytes."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None, "a mail needs a text part"
    assert html is not None, "a mail needs an HTML part"
    return ReceivedMail(
        to=str(message["To"]).lower(),
        subject=str(message["Subject"]),
        text=text.get_content(),
        html=html.get_content(),
        message_id=str(message["Message-ID"]),
        has_calendar=any(part.get_content_type() == "text/calendar" for part in message.walk()),
    )


class FolderMailbox:
    """A folder that `MAIL_URL=file://…` writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[Path, ReceivedMail] = {}

    def mails_to(self, address: str) -> list[ReceivedMail]:
        """Give every mail to the address, oldest first."""
        for path in sorted(self.folder.glob("*.eml")):
            if path not in self._read:
                self._read[path] = received(path.read_bytes())
        mails = [self._read[path] for path in sorted(self._read)]
        return [mail for mail in mails if address.lower() in mail.to]


class MailpitMailbox:
    """Mailpit's HTTP API."""

    def __init__(self, url: str) -> None:
        self._url = url

    def mails_to(self, address: str) -> list[ReceivedMail]:
        """Give every mail to the address, oldest first."""
        listed = requests.get(f"{self._url}/api/v1/messages?limit=1000", timeout=5).json()
        wanted = [
            entry["ID"]
            for entry in reversed(listed["messages"])
            if any(to["Address"].lower() == address.lower() for to in entry["To"])
        ]
        return [
            received(requests.get(f"{self._url}/api/v1/message/{mail}/raw", timeout=5).content)
            for mail in wanted
        ]
