"""Where mails leave: an SMTP server, or a folder of `.eml` files. `MAIL_URL` chooses."""

import contextlib
import os
import smtplib
import socket
import ssl
import tempfile
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from notification_service.domain.mails import (
    Mailbox,
    MailNotDelivered,
    MailPutOff,
    MailRefused,
    MailServerAway,
)
from shared.clock import Clock

TIMEOUT_SECONDS = 10.0
SAYS_GOODBYE = 421
_DEFAULT_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_FOLDER_POLICY = SMTP.clone(max_line_length=76)


def create_mailbox(mail_url: str, clock: Clock) -> Mailbox:
    """Make the mailbox of a MAIL_URL: `file://<folder>`, `smtp://`, `smtp+starttls://` or
    `smtps://[user:password@]host[:port]`. Nothing is opened yet.
    """
    parts = urlsplit(mail_url)
    if parts.scheme == "file":
        return FolderMailbox(Path(unquote(parts.netloc + parts.path)), clock)
    return SmtpMailbox(parts)


class FolderMailbox:
    """Writes each mail as a file `<moment>-<message id>.eml`; names sort by moment. A file appears
    whole or not at all.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def deliver(self, message: EmailMessage) -> None:
        """Write the mail.

        Raises:
            MailServerAway: the folder cannot be written.
        """
        message_id = str(message["Message-ID"]).strip("<>").partition("@")[0]
        name = f"{self._clock.now():%Y%m%dT%H%M%S%fZ}-{message_id}.eml"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self._folder / name, message.as_bytes(policy=_FOLDER_POLICY))
        except OSError as error:
            raise MailServerAway(f"folder: {type(error).__name__}") from error

    def close(self) -> None:
        """Hold nothing, so there is nothing to let go of."""

    def _write(self, path: Path, content: bytes) -> None:
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).replace(path)
        except OSError:
            Path(unfinished).unlink(missing_ok=True)
            raise


class SmtpMailbox:
    """Hands mails to an SMTP server; one connection serves the mails until `close` or a failure."""

    def __init__(self, parts: SplitResult) -> None:
        self._security = parts.scheme
        self._host = parts.hostname or "localhost"
        self._port = parts.port or _DEFAULT_PORTS[parts.scheme]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password or "")
        self._connection: smtplib.SMTP | None = None

    def deliver(self, message: EmailMessage) -> None:
        """Hand over one mail.

        Raises:
            MailRefused: the server refused its reader or content for good.
            MailPutOff: the server asks for patience with it (4xx), or broke off while it was sent.
            MailServerAway: the server cannot be reached, or lets nobody in for now (4xx).
            MailNotDelivered: the server refused us (5xx), not the reader or the content.
        """
        connection = self._connected()
        try:
            connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            raise self._refusal("recipient", max(codes, default=0)) from None
        except smtplib.SMTPDataError as error:
            raise self._refusal("content", error.smtp_code) from None
        except smtplib.SMTPSenderRefused as error:
            self.close()
            is_final = error.smtp_code >= 500
            raise (MailNotDelivered if is_final else MailPutOff)(_described(error)) from None
        except smtplib.SMTPNotSupportedError:
            self.close()
            raise MailRefused("the server takes no international addresses") from None
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise MailPutOff(_described(error)) from None

    def close(self) -> None:
        """Say goodbye to the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def _refusal(self, what: str, code: int) -> MailRefused | MailPutOff:
        """Tell apart what is refused for good (5xx) and what may be taken later (4xx). The
        connection serves the next mail, unless the server said goodbye.
        """
        if code == SAYS_GOODBYE:
            self.close()
        reason = f"{what} refused with {code}"
        return MailRefused(reason) if 500 <= code < 600 else MailPutOff(reason)

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = self._connect()
            except (smtplib.SMTPException, OSError) as error:
                raise _failure(error) from None
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        name = socket.gethostname()
        if self._security == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, local_hostname=name, timeout=TIMEOUT_SECONDS,
                context=ssl.create_default_context(),
            )  # fmt: skip
        else:
            connection = smtplib.SMTP(
                self._host, self._port, local_hostname=name, timeout=TIMEOUT_SECONDS
            )
        try:
            if self._security == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            connection.ehlo_or_helo_if_needed()
            if self._user is not None:
                connection.login(self._user, self._password)
        except BaseException:
            connection.close()
            raise
        return connection


def _failure(error: Exception) -> MailNotDelivered:
    """Tell apart a server that lets us not in (5xx, or without what we insist on) and one that is
    away or asks for patience.
    """
    is_refusal = isinstance(error, smtplib.SMTPNotSupportedError) or (
        isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500
    )
    return (MailNotDelivered if is_refusal else MailServerAway)(_described(error))


def _described(error: Exception) -> str:
    """Describe a failure without the server's words, which may hold an address."""
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ + (f" {code}" if code is not None else "")
