"""The premium membership."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from profile_service.models.tables import Model
from shared.database import UtcDateTime


class Membership(Model):
    """One person's membership; there is at most one."""

    __tablename__ = "memberships"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
