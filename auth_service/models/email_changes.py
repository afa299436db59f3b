"""Changes of an account's address, from the wish to the end of the time to undo."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.models.accounts import EMAIL_CHARACTERS, Account
from auth_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class EmailChange(Model):
    """One change. Pending until `confirmed_at`; over once `closed_at` (replaced, cancelled,
    undone).

    It dies with the login session it was asked for from, where that is known. `undo_seed` makes
    the undo token again for the second mail; only `undo_hash` finds the row. `was_proved` tells
    whether the old address was when the change was asked for; null from an earlier release.
    """

    __tablename__ = "email_changes"
    __table_args__ = (Index(None, "account_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    old_email: Mapped[str] = mapped_column(String(EMAIL_CHARACTERS))
    new_email: Mapped[str] = mapped_column(String(EMAIL_CHARACTERS))
    undo_seed: Mapped[str] = mapped_column(String(64))
    undo_hash: Mapped[str] = mapped_column(String(64), unique=True)
    undo_until: Mapped[datetime] = mapped_column(UtcDateTime)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    login_session_id: Mapped[str | None] = mapped_column(String(36))
    was_proved: Mapped[bool | None] = mapped_column(Boolean)
