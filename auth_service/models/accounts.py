"""The account: who somebody is, in every dialect."""

import unicodedata
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Connection, Index, Integer, String, event, false
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from auth_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER

EMAIL_CHARACTERS = 254
USER_NAME_CHARACTERS = 64
NAME_CHARACTERS = 128
NAME_KEY_CHARACTERS = 512
"""Folding may lengthen a name."""
IDS_OF_A_BLOCK = 2048
"""What the triggers of AccountCount divide an id by."""


NAME_KEY = String(NAME_KEY_CHARACTERS).with_variant(
    String(NAME_KEY_CHARACTERS, collation="C"), "postgresql"
)
"""Compared by code points on both databases, so that what begins alike stands together."""


class Account(Model):
    """One person's account. `email` is canonical, `user_name_key` without case; both are unique, as
    is `user_name_look`, what names that look alike have in common: null where an earlier release
    let two such names in, or wrote the row.

    `opened_through` is null for accounts older than the column. `is_contested` tells that, before
    the address was proved, somebody signed up for it with another password than the account's.
    `name_key` and `reversed_name_key` are the names folded, first and last name first, for staff
    who look somebody up; null where an earlier release wrote the row.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        Index("ix_accounts_user_name_look", "user_name_look", unique=True),
        Index("ix_accounts_name_key", "name_key"),
        Index("ix_accounts_reversed_name_key", "reversed_name_key"),
        Index("ix_accounts_role_id", "role", "id"),
        Index("ix_accounts_locked_at", "locked_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_CHARACTERS), unique=True)
    user_name: Mapped[str] = mapped_column(String(USER_NAME_CHARACTERS))
    user_name_key: Mapped[str] = mapped_column(String(256), unique=True)
    user_name_look: Mapped[str | None] = mapped_column(String(256))
    first_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    last_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    role: Mapped[str] = mapped_column(String(16))
    locale: Mapped[str] = mapped_column(String(8))
    country: Mapped[str | None] = mapped_column(String(2))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    password_hash: Mapped[str] = mapped_column(String(256))
    password_changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    must_change_password: Mapped[bool] = mapped_column(Boolean)
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)
    opened_through: Mapped[str | None] = mapped_column(String(16))
    is_contested: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    name_key: Mapped[str | None] = mapped_column(NAME_KEY)
    reversed_name_key: Mapped[str | None] = mapped_column(NAME_KEY)

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_verified(self) -> bool:
        """Tell whether the address was proved."""
        return self.email_verified_at is not None

    @property
    def is_locked(self) -> bool:
        """Tell whether nobody may log in."""
        return self.locked_at is not None

    def set_password(self, password_hash: str, *, is_weak: bool, now: datetime) -> None:
        """Replace the password by its hash; a weak one is to be changed."""
        self.password_hash = password_hash
        self.must_change_password = is_weak
        self.password_changed_at = now


def folded_name(text: str) -> str:
    """Give a name as it is compared: NFKC, without case, words one space apart."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split())[:NAME_KEY_CHARACTERS]


@event.listens_for(Account, "before_insert")
@event.listens_for(Account, "before_update")
def _keep_name_keys(_mapper: Mapper[Account], _connection: Connection, account: Account) -> None:
    account.name_key = folded_name(f"{account.first_name} {account.last_name}")
    account.reversed_name_key = folded_name(f"{account.last_name} {account.first_name}")


class AccountCount(Model):
    """How many accounts have an id in a block of ids, in shares so that sign-ups seldom wait for
    each other. Triggers of the database keep it, whoever writes.
    """

    __tablename__ = "account_counts"

    block: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    share: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    accounts: Mapped[int] = mapped_column(BigInteger)
