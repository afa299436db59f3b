"""Mailed codes: at most one for each purpose, address and asker, kept as a keyed hash."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.models.accounts import EMAIL_CHARACTERS, NAME_CHARACTERS
from auth_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER

ANYBODY = 0


class Code(Model):
    """The newest code for an address. Also stands, without a usable code, for an address nobody
    has, so that later answers do not differ.

    `asked_by` is the account that wants to change to this address, ANYBODY for the other purposes.
    `code_hash` is null when no code was mailed that could still be right, `link_hash` likewise for
    the token of the mailed link. The bound columns are filled by the previous release only, for a
    sign-up that competes with the account's own.
    """

    __tablename__ = "codes"
    __table_args__ = (
        UniqueConstraint("purpose", "email", "asked_by", name="uq_codes_purpose_email_asked_by"),
        Index(None, "link_hash"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))
    email: Mapped[str] = mapped_column(String(EMAIL_CHARACTERS))
    asked_by: Mapped[int] = mapped_column(IDENTIFIER)
    account_id: Mapped[int | None] = mapped_column(IDENTIFIER)
    code_hash: Mapped[str | None] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(Integer)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bound_password_hash: Mapped[str | None] = mapped_column(String(256))
    bound_first_name: Mapped[str | None] = mapped_column(String(NAME_CHARACTERS))
    bound_last_name: Mapped[str | None] = mapped_column(String(NAME_CHARACTERS))
    link_hash: Mapped[str | None] = mapped_column(String(64))
    link_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_of_a_competing_sign_up(self) -> bool:
        """Tell whether the previous release bound another sign-up's password to it."""
        return self.bound_password_hash is not None

    def renew(self, code_hash: str, *, expires_at: datetime) -> None:
        """Take a new code; the older one is worth nothing from now on."""
        self.code_hash = code_hash
        self.tries = 0
        self.expires_at = expires_at

    def renew_link(self, link_hash: str, *, expires_at: datetime) -> None:
        """Take the token of a new link; the older one is worth nothing from now on."""
        self.link_hash = link_hash
        self.link_expires_at = expires_at

    def use_up(self, now: datetime) -> None:
        """Make code and link worth nothing from now on."""
        self.used_at = now
        self.code_hash = self.link_hash = self.link_expires_at = None
        self.bound_password_hash = self.bound_first_name = self.bound_last_name = None
