"""People: the little this service knows of an account, kept from events of auth and profile. The
row is also the lock of a client's own calendar.
"""

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from booking_service.models.tables import Model
from shared.tables import IDENTIFIER


class Person(Model):
    """One account's copy; everything but the id is null until an event or an answer brought it."""

    __tablename__ = "people"

    account_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    first_name: Mapped[str | None] = mapped_column(String(150))
    last_name: Mapped[str | None] = mapped_column(String(150))
    role: Mapped[str | None] = mapped_column(String(16))
    account_version: Mapped[int | None] = mapped_column(Integer)
    locale: Mapped[str | None] = mapped_column(String(8))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    profile_version: Mapped[int | None] = mapped_column(Integer)

    @property
    def full_name(self) -> str | None:
        """Give first and last name as one text; None while they are unknown."""
        if self.first_name is None:
            return None
        return f"{self.first_name} {self.last_name or ''}".strip()
