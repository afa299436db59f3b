"""The mail: what is to be written to whom, and how far that has come."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from notification_service.models.tables import Model
from shared.database import UtcDateTime

QUEUED = "queued"
SENDING = "sending"
SENT = "sent"
FAILED = "failed"
ABANDONED = "abandoned"
STATES = (QUEUED, SENDING, SENT, FAILED, ABANDONED)
OPEN_STATES = (QUEUED, SENDING)

_IS_OPEN = text("state IN ('queued', 'sending')")
_IS_OPEN_SECRET = text("state IN ('queued', 'sending') AND sealed IS NOT NULL")


class Mail(Model):
    """One mail as a template with parameters; it is rendered when it is sent.

    Either `address` is given, or the mail goes to where `recipient_id` can be reached at that
    moment. `sealed` is a secret only this service's worker can open, for the context `sealed_for`;
    `sealed_token` is a second one, for the link of a mail whose first is a code.
    `retry_at` is empty for "at once"; while `sending` it is the end of the worker's lease.
    `away_since` is when a try first found the server away; a try that reached it empties it.
    `origin` names the event and whom it is told, so that one event makes one mail a person.
    Mails of one `topic` to one person replace one another in the order of `topic_sequence`. With
    `waits_for_proof` the recipient's address was not proved when the mail was written.
    """

    __tablename__ = "mails"
    __table_args__ = (
        UniqueConstraint("origin"),
        UniqueConstraint("message_id"),
        Index("ix_mails_open", "id", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index(
            "ix_mails_open_secret",
            "id",
            sqlite_where=_IS_OPEN_SECRET,
            postgresql_where=_IS_OPEN_SECRET,
        ),
        Index("ix_mails_topic_recipient_id", "topic", "recipient_id"),
        Index("ix_mails_address_template", "address", "template"),
        Index("ix_mails_finished_at", "finished_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(120))
    message_id: Mapped[str] = mapped_column(String(64))
    recipient_id: Mapped[int | None] = mapped_column(BigInteger)
    address: Mapped[str | None] = mapped_column(String(254))
    template: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str | None] = mapped_column(String(8))
    parameters: Mapped[str] = mapped_column(Text)
    sealed: Mapped[str | None] = mapped_column(Text)
    sealed_for: Mapped[str | None] = mapped_column(String(300))
    sealed_token: Mapped[str | None] = mapped_column(Text)
    sealed_token_for: Mapped[str | None] = mapped_column(String(300))
    topic: Mapped[str | None] = mapped_column(String(220))
    topic_sequence: Mapped[int | None] = mapped_column(BigInteger)
    waits_for_proof: Mapped[bool] = mapped_column(Boolean, default=False)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(Integer)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    away_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
