"""The settings of notification_service; README.md has the table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr

from shared.sealing import BadSealingKey, check_private_key
from shared.settings import ServiceSettings, SettingsReader, is_in_clear, service_values

MAIL_SCHEMES = ("smtp", "smtp+starttls", "smtps", "file")


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Everything this service reads from its environment.

    `mail_url` is `smtp://`, `smtp+starttls://` or `smtps://[user:password@]host:port`, or
    `file://<folder>`; `mail_from` an address with or without a name; `app_url` the pages that mails
    lead to, without a slash at its end.
    """

    app_url: str
    mail_url: str = field(repr=False)
    mail_from: str
    sealing_private_key: str = field(repr=False)

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check every variable.

        Raises:
            BadSettings: with a line for each missing or bad one.
        """
        reader = SettingsReader(environment)
        service = service_values(reader, "notification")
        values = {
            **service,
            "app_url": _app_url(reader, str(service["public_url"])),
            "mail_url": _mail_url(reader),
            "mail_from": _mail_from(reader),
            "sealing_private_key": _sealing_private_key(reader),
        }
        reader.finish()
        return cls(**values)  # type: ignore[arg-type] # the reader checked each value's type


def sender_address(mail_from: str) -> Address:
    """Give MAIL_FROM as a header's address.

    Raises:
        ValueError: it is none.
    """
    if not mail_from.isprintable():
        raise ValueError("not an address")
    name, address = parseaddr(mail_from)
    try:
        found = Address(display_name=name, addr_spec=address)
    except (MessageError, IndexError) as error:
        raise ValueError("not an address") from error
    if not found.username or not found.domain:
        raise ValueError("not an address")
    return found


def _app_url(reader: SettingsReader, public_url: str) -> str:
    default = None if reader.is_production else f"{public_url}/app"
    return reader.public_url("APP_URL", default=default)


def _mail_url(reader: SettingsReader) -> str:
    folder = f"file://{reader.data_directory.absolute()}/mailbox"
    url = reader.url("MAIL_URL", MAIL_SCHEMES, default=None if reader.is_production else folder)
    if reader.is_production and url and url.startswith("file:"):
        reader.complain("MAIL_URL", "a folder is not for production")
    elif reader.is_production and url and is_in_clear(url):
        reader.complain("MAIL_URL", "a password needs smtp+starttls:// or smtps://")
    return url


def _mail_from(reader: SettingsReader) -> str:
    default = None if reader.is_production else "Hearth <no-reply@hearth.example>"
    written = reader.text("MAIL_FROM", default=default)
    try:
        if written:
            sender_address(written)
    except ValueError:
        reader.complain("MAIL_FROM", "must be an address, with or without a name")
    return written


def _sealing_private_key(reader: SettingsReader) -> str:
    pem = reader.key("SEALING_PRIVATE_KEY", "sealing-private-key.pem")
    try:
        if pem:
            check_private_key(pem)
    except BadSealingKey:
        reader.complain("SEALING_PRIVATE_KEY", "must be an X25519 private key in PEM")
    return pem
