"""A copy of booking's fact: what a listed therapist is called."""

from collections.abc import Mapping

from sqlalchemy import JSON, BigInteger, Boolean
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.models.tables import Model
from shared.tables import IDENTIFIER


class Practitioner(Model):
    """A therapist's public record as last heard. `name` is a text or a text per locale; it stays
    when the record is withdrawn, because conversations stay too.
    """

    __tablename__ = "practitioners"

    practitioner_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    name: Mapped[str | dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    is_published: Mapped[bool] = mapped_column(Boolean)
    sequence: Mapped[int] = mapped_column(BigInteger)

    def hear(
        self, *, name: str | Mapping[str, str] | None, is_published: bool, sequence: int
    ) -> None:
        """Take a publication or withdrawal, unless a later one was heard before."""
        if sequence <= self.sequence:
            return
        self.is_published, self.sequence = is_published, sequence
        if name is not None:
            self.name = name if isinstance(name, str) else dict(name)
