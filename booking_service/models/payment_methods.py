"""Payment methods: what the provider gave for a card, never the card."""

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from booking_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class PaymentMethod(Model):
    """The one card a client has on file."""

    __tablename__ = "payment_methods"

    account_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    provider_token: Mapped[str] = mapped_column(String(128))
    brand: Mapped[str] = mapped_column(String(32))
    last_four: Mapped[str] = mapped_column(String(4))
    expiry_month: Mapped[int] = mapped_column(Integer)
    expiry_year: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
