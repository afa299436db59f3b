"""Invitations: the mailed link by which the owner of an account staff opened sets a password."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.models.accounts import EMAIL_CHARACTERS, Account
from auth_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class Invitation(Model):
    """One mailed link, by the SHA-256 of its token. It is worth something for the address it went
    to, until `expires_at`, `accepted_at` or `closed_at` (sent again, cancelled), what comes first.
    """

    __tablename__ = "invitations"
    __table_args__ = (Index(None, "account_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    email: Mapped[str] = mapped_column(String(EMAIL_CHARACTERS))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def is_open(self, now: datetime) -> bool:
        """Tell whether the link can still be used."""
        return self.accepted_at is None and self.closed_at is None and now < self.expires_at
