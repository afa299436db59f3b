"""Sign-ups on accounts whose address nobody has proved yet."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.models.accounts import NAME_CHARACTERS, Account
from auth_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class Registration(Model):
    """One sign-up, kept until the address is proved; its password is never kept.

    `secret_hash` finds the secret the clean API answered with; other doors answer with none.
    """

    __tablename__ = "registrations"
    __table_args__ = (Index(None, "account_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    opened_through: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[str | None] = mapped_column(String(64))
    first_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    last_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    locale: Mapped[str] = mapped_column(String(8))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
