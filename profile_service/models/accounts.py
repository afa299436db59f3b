"""The copy of an account, as auth_service last told of it."""

from sqlalchemy import BigInteger, Boolean, String
from sqlalchemy.orm import Mapped, mapped_column

from profile_service.models.tables import Model


class KnownAccount(Model):
    """Names, address and role of a person; only used while auth_service cannot be asked, and for
    other people's names.
    """

    __tablename__ = "known_accounts"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)
    email: Mapped[str] = mapped_column(String(254))
    first_name: Mapped[str] = mapped_column(String(150))
    last_name: Mapped[str] = mapped_column(String(150))
    role: Mapped[str] = mapped_column(String(16))
    locale: Mapped[str] = mapped_column(String(8))
    is_verified: Mapped[bool] = mapped_column(Boolean)
