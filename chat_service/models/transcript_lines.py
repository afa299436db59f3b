"""What guide and person said in a guided session, in order; the words are sealed."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.models.data_keys import Place
from chat_service.models.guided_sessions import GuidedSession
from chat_service.models.tables import Model
from shared.clock import instant_text
from shared.data_keys import PLACE_ONLY, DataKey
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class TranscriptLine(Model):
    """One line. `item_id` names the explanation or question it says or answers; null for the rest.

    The text is bound to (guided session, position), which no other line can have, and to who said
    it when to which item.
    """

    __tablename__ = "transcript_lines"
    __table_args__ = (
        UniqueConstraint("guided_session_id", "position"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    guided_session_id: Mapped[int] = mapped_column(ForeignKey(GuidedSession.id))
    position: Mapped[int] = mapped_column(Integer)
    is_user: Mapped[bool] = mapped_column(Boolean)
    item_id: Mapped[str | None] = mapped_column(String(64))
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @classmethod
    def said(
        cls,
        guided_session: GuidedSession,
        key: DataKey,
        text: str,
        *,
        is_user: bool,
        item_id: str | None,
        now: datetime,
    ) -> "TranscriptLine":
        """Make the session's next line."""
        line = cls(
            guided_session_id=guided_session.id,
            position=guided_session.next_position(),
            is_user=is_user,
            item_id=item_id,
            created_at=now,
        )
        line.reword(key, text)
        return line

    def reword(self, key: DataKey, text: str) -> None:
        """Say the same in other words."""
        self.sealed_text = key.seal(text, self._own_place)

    def text(self, key: DataKey) -> str:
        """Open the words.

        Raises:
            TextUnreadable: they were changed or moved.
        """
        return key.open(self.sealed_text, self._own_place)

    def reseal(self, key: DataKey) -> None:
        """Bind the words to the row's facts when an earlier release did not.

        Raises:
            TextUnreadable: they were changed or moved.
        """
        if self.sealed_text[:1] == PLACE_ONLY:
            self.reword(key, self.text(key))

    @property
    def _own_place(self) -> Place:
        said_by = "person" if self.is_user else "guide"
        return Place(
            table="transcript_lines",
            row=f"{self.guided_session_id}:{self.position}",
            column="sealed_text",
            facts=(said_by, self.item_id or "", instant_text(self.created_at)),
        )
