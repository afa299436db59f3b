"""The profile picture, kept in the database so that one backup holds everything."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from profile_service.models.tables import Model
from shared.database import UtcDateTime


class Picture(Model):
    """One person's picture: a JPEG this service encoded itself. `etag` is a hash of `content`."""

    __tablename__ = "pictures"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    etag: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
