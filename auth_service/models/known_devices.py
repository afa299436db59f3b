"""Devices that have shown an account's password before."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class KnownDevice(Model):
    """A device of an account's owner. `device_hash` is a keyed hash of the account, the network and
    what the client calls itself; neither of them is kept.
    """

    __tablename__ = "known_devices"
    __table_args__ = (Index(None, "seen_at"),)

    account_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    device_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
