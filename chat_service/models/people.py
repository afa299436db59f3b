"""What is known here of a person: how they want to be spoken to and whether they are premium.

Copies of profile_service's facts, fed by events and by asking. The row is also what a writer locks
so that one person's answers, progress and messages come one after the other.
"""

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER

NEVER_HEARD = -1


class Person(Model):
    """A person by account id. `locale` is null while unknown; `profile_version` is that of the
    last profile event applied, NEVER_HEARD before the first.
    """

    __tablename__ = "people"

    account_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    locale: Mapped[str | None] = mapped_column(String(8))
    country: Mapped[str | None] = mapped_column(String(2))
    profile_version: Mapped[int] = mapped_column(BigInteger)
    premium_since: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_premium(self) -> bool:
        """Tell whether every stage is open to the person."""
        return self.premium_since is not None

    def hear_profile(self, *, locale: str, country: str | None, version: int) -> None:
        """Take a profile's whole state, unless a newer one was heard before."""
        if version > self.profile_version:
            self.locale, self.country, self.profile_version = locale, country, version

    def learn(self, *, locale: str | None, premium_since: datetime | None) -> None:
        """Take what profile_service answered; what an event said about the locale stands, because
        an answer may be older than an event handled meanwhile.
        """
        if self.profile_version == NEVER_HEARD and locale is not None:
            self.locale = locale
        if premium_since is not None:
            self.become_premium(premium_since)

    def become_premium(self, since: datetime) -> None:
        """Note a membership; the first instant known stays."""
        self.premium_since = self.premium_since or since
