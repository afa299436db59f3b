"""What was tried and counts against a limit: failed logins, wrong codes, mails sent."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class Attempt(Model):
    """One try. `key` is a keyed hash of the account's address, never the address."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index(None, "kind", "key", "made_at"),
        Index(None, "made_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
