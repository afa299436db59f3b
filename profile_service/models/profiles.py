"""The profile: what a person tells about themselves. No row means nothing was told."""

from datetime import date

from sqlalchemy import BigInteger, Boolean, Date, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from profile_service.models.tables import Model


class Profile(Model):
    """One person's profile. An empty `locale` means the account's.

    `has_account_values` is set once country and zone of the sign-up were taken over.
    """

    __tablename__ = "profiles"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    birth_date: Mapped[date | None] = mapped_column(Date)
    gender: Mapped[str | None] = mapped_column(String(1))
    specialty: Mapped[str | None] = mapped_column(String(128))
    locale: Mapped[str | None] = mapped_column(String(8))
    country: Mapped[str | None] = mapped_column(String(2))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    has_account_values: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer)
