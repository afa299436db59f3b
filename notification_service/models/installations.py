"""What tells this installation from every other one."""

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from notification_service.models.tables import Model

THE_ONLY = 1


class Installation(Model):
    """The only row: a random UUID, made on first use and kept for good, also by backups."""

    __tablename__ = "installations"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(36))
