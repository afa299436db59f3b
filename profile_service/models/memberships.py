"""The premium membership, and the trace that it was started."""

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from profile_service.models.tables import Model
from shared.database import UtcDateTime


class Membership(Model):
    """One person's membership; there is at most one."""

    __tablename__ = "memberships"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntry(Model):
    """Who did what to whose data, and when. Rows are only ever added."""

    __tablename__ = "audit_entries"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    act: Mapped[str] = mapped_column(String(64))
    actor_id: Mapped[int] = mapped_column(BigInteger)
    account_id: Mapped[int] = mapped_column(BigInteger)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
