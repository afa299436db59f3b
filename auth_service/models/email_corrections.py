"""Corrections of addresses that staff propose and somebody else must agree to."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.models.accounts import EMAIL_CHARACTERS, Account
from auth_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class EmailCorrection(Model):
    """One proposal. Open until `closed_at`: agreed to, or replaced by a later one.

    `asked_by` is the admin; `token_hash` finds it by the token mailed to the old address.
    """

    __tablename__ = "email_corrections"
    __table_args__ = (Index(None, "account_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    old_email: Mapped[str] = mapped_column(String(EMAIL_CHARACTERS))
    new_email: Mapped[str] = mapped_column(String(EMAIL_CHARACTERS))
    asked_by: Mapped[int] = mapped_column(IDENTIFIER)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def is_open(self, now: datetime) -> bool:
        """Tell whether somebody may still agree to it."""
        return self.closed_at is None and now < self.expires_at
