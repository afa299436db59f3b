"""Login sessions and the refresh tokens that keep them going."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.models.accounts import Account
from auth_service.models.tables import Model
from shared.database import UtcDateTime

DEVICE_CHARACTERS = 200
ADDRESS_CHARACTERS = 64


class LoginSession(Model):
    """One login on one device. `id` is the claim `sid` of its tokens.

    `token_expires_at` is when its last access token dies, `expires_at` when it can no longer be
    refreshed either. `announced_at` tells that the store of ended login sessions knows of the end.
    """

    __tablename__ = "login_sessions"
    __table_args__ = (Index(None, "account_id"), Index(None, "ended_at"), Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    opened_through: Mapped[str] = mapped_column(String(16))
    device: Mapped[str] = mapped_column(String(DEVICE_CHARACTERS))
    address: Mapped[str] = mapped_column(String(ADDRESS_CHARACTERS))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    token_expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    announced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def is_running(self, now: datetime) -> bool:
        """Tell whether it was neither ended nor has run out."""
        return self.ended_at is None and self.expires_at > now


class RefreshToken(Model):
    """One refresh token by its SHA-256; a used one that comes again ends the login session, unless
    the same client only fetches a lost answer again. `used_by` is a keyed hash of that client.
    """

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "session_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey(LoginSession.id, ondelete="CASCADE"))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by: Mapped[str | None] = mapped_column(String(64))
