"""The second factor of an account (TOTP, RFC 6238), and the codes that help when it is lost."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.models.accounts import Account
from auth_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class SecondFactor(Model):
    """One account's second factor; it counts once `confirmed_at`. `secret` is encrypted.

    `last_step` is the time step of the last code that was taken: it and earlier ones are never
    taken again. An earlier release reads `failures` and `failures_since`.
    """

    __tablename__ = "second_factors"

    account_id: Mapped[int] = mapped_column(
        IDENTIFIER, ForeignKey(Account.id), primary_key=True, autoincrement=False
    )
    secret: Mapped[str] = mapped_column(String(256))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_step: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(Integer)
    failures_since: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCode(Model):
    """One code that stands for the second factor, once; by the SHA-256 of its letters."""

    __tablename__ = "recovery_codes"
    __table_args__ = (
        Index("ix_recovery_codes_account_id_code_hash", "account_id", "code_hash", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
