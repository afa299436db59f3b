"""Turning a claimed mail into what travels: text and HTML in the reader's language and zone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from notification_service.domain.calendar_files import calendar_file
from notification_service.domain.mails import ClaimedMail, MailRefused
from notification_service.domain.moments import locale_or_default, zone_or_default
from notification_service.domain.parameters import spelled
from notification_service.domain.wording import TEMPLATES, mail_descriptions
from shared.mailbox_addresses import mailbox_address

# The longest line of an encoded body (RFC 2045) and of a header with encoded words (RFC 2047).
POLICY = SMTP.clone(max_line_length=76)

Unseal = Callable[[str, str], str]
"""Opens a sealed text for its context."""


@dataclass(frozen=True, kw_only=True)
class MailWriter:
    """Writes mails from the files in `templates/`."""

    sender: Address
    app_url: str
    default_zone: ZoneInfo
    unseal: Unseal

    def write(self, mail: ClaimedMail, *, now: datetime) -> EmailMessage:
        """Give the whole message. The Message-ID is the same at every try."""
        locale = locale_or_default(mail.locale)
        values = self._values(mail, locale)
        templates = _templates()

        def part(name: str) -> str:
            return templates.get_template(f"{mail.template}/{locale}/{name}").render(values)

        message = EmailMessage(policy=POLICY)
        message["From"] = self.sender
        address = _mailbox(mail.address)
        message["To"] = Address(addr_spec=address)
        message["Subject"] = " ".join(part("subject.txt").split())
        message["Date"] = now
        message["Message-ID"] = f"<{mail.message_id}@{self.sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(part("body.txt"))
        message.add_alternative(part("body.html"), subtype="html")
        self._attach_calendar(message, mail, address, now)
        # last: making a message multipart moves its Content-* headers into the first part
        message["Content-Language"] = locale
        return message

    def _values(self, mail: ClaimedMail, locale: str) -> dict[str, str | bool | int]:
        zone = zone_or_default(mail.zone_name, self.default_zone)
        known = {
            **spelled(mail.parameters, locale, zone),
            **self._leading_on(mail),
            "app_url": self.app_url,
            "first_name": mail.first_name,
        }
        wanted = {"first_name", "app_url", *mail_descriptions()[mail.template].variables}
        return {name: value for name, value in known.items() if name in wanted}

    def _leading_on(self, mail: ClaimedMail) -> dict[str, str]:
        """Give the mail's secrets and its link: empty when the page needs a token and an older
        auth_service sent none.
        """
        description = mail_descriptions()[mail.template]
        secrets = {"token": self._opened(mail.sealed_token, mail.sealed_token_for)}
        if description.sealed is not None:
            secrets[description.sealed] = self._opened(mail.sealed, mail.sealed_for)
        link = f"{self.app_url}/{description.leads_to}"
        if description.sealed is not None:
            token = secrets["token"]
            link = f"{link}?token={quote(token, safe='')}" if token else ""
        return {**secrets, "link": link}

    def _opened(self, sealed: str | None, sealed_for: str | None) -> str:
        return "" if sealed is None else self.unseal(sealed, sealed_for or "")

    def _attach_calendar(
        self, message: EmailMessage, mail: ClaimedMail, address: str, now: datetime
    ) -> None:
        found = calendar_file(
            mail.template,
            mail.parameters,
            organizer=self.sender,
            attendee=address,
            installation_key=mail.installation_key,
            now=now,
        )
        if found is not None:
            message.add_attachment(
                found.content,
                maintype="text",
                subtype="calendar",
                filename="invite.ics",
                params={"method": found.method, "charset": "utf-8"},
            )


def _mailbox(address: str) -> str:
    """Give the canonical form, also of an address kept by an earlier release: Python's own codec
    and mail headers know IDNA 2003 only, which sends faß.de's mail to fass.de.
    """
    try:
        return mailbox_address(address)
    except ValueError as error:
        raise MailRefused("the address has no canonical form") from error


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
    )
