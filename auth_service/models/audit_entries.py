"""The append-only record of security and staff acts; the database refuses changes to it."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.models.tables import IDENTIFIER, Model
from shared.database import UtcDateTime


class AuditEntry(Model):
    """Who did what to which account, when and in which request. No address, name or secret.

    `actor_id` is null for somebody who was not logged in, and for a command on the server.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "account_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    act: Mapped[str] = mapped_column(String(32))
    account_id: Mapped[int | None] = mapped_column(IDENTIFIER)
    actor_id: Mapped[int | None] = mapped_column(IDENTIFIER)
    correlation_id: Mapped[str | None] = mapped_column(String(64))
