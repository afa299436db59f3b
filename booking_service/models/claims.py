"""Claims: who has which ten minutes of a practitioner. The two unique constraints are the judges of
every booking, the same on both databases.
"""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from booking_service.models.tables import Model
from shared.tables import IDENTIFIER


class Claim(Model):
    """One ten-minute cell (ten-minute steps since 1970 in UTC) of one appointment or hold.

    A practitioner's cell has one owner. `blocks_client` marks the cells in which the client sits
    in a booked appointment, without the buffer after it: of those a client has each once.
    """

    __tablename__ = "claims"
    __table_args__ = (
        Index(
            "uq_claims_client_id_cell",
            "client_id",
            "cell",
            unique=True,
            sqlite_where=text("blocks_client"),
            postgresql_where=text("blocks_client"),
        ),
        Index("ix_claims_appointment_id", "appointment_id"),
        Index("ix_claims_hold_id", "hold_id"),
        CheckConstraint("(appointment_id IS NULL) <> (hold_id IS NULL)", name="one_owner"),
    )

    practitioner_id: Mapped[int] = mapped_column(
        IDENTIFIER, ForeignKey("practitioners.id"), primary_key=True, autoincrement=False
    )
    cell: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    client_id: Mapped[int] = mapped_column(IDENTIFIER)
    appointment_id: Mapped[int | None] = mapped_column(IDENTIFIER, ForeignKey("appointments.id"))
    hold_id: Mapped[int | None] = mapped_column(
        IDENTIFIER, ForeignKey("holds.id", ondelete="CASCADE")
    )
    blocks_client: Mapped[bool] = mapped_column(Boolean)
