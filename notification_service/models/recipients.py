"""The recipient: a copy of what is needed to write to a person, fed by events."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, String
from sqlalchemy.orm import Mapped, mapped_column

from notification_service.models.tables import Model
from shared.database import UtcDateTime


class Recipient(Model):
    """One person as auth_service and profile_service last told of them.

    A row may hold only one half: `account_version` or `profile_version` is 0 until that service was
    heard. Without an address mails wait. `verified_at` is when the present address was first heard
    of as proved; empty beside a proved one that was heard of before this was kept.
    """

    __tablename__ = "recipients"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    account_version: Mapped[int] = mapped_column(BigInteger, default=0)
    email: Mapped[str | None] = mapped_column(String(254))
    first_name: Mapped[str] = mapped_column(String(150), default="")
    is_verified: Mapped[bool] = mapped_column(Boolean, default=False)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account_locale: Mapped[str | None] = mapped_column(String(8))
    account_time_zone: Mapped[str | None] = mapped_column(String(64))
    profile_version: Mapped[int] = mapped_column(BigInteger, default=0)
    profile_locale: Mapped[str | None] = mapped_column(String(8))
    profile_time_zone: Mapped[str | None] = mapped_column(String(64))
