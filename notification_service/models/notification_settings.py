"""What a person wants to be told. No row means the defaults."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean
from sqlalchemy.orm import Mapped, mapped_column

from notification_service.models.tables import Model
from shared.database import UtcDateTime


class NotificationSettings(Model):
    """One person's wishes."""

    __tablename__ = "notification_settings"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    email_notification: Mapped[bool] = mapped_column(Boolean)
    appointments_notification: Mapped[bool] = mapped_column(Boolean)
    results_notification: Mapped[bool] = mapped_column(Boolean)
    marketing_email: Mapped[bool] = mapped_column(Boolean)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
