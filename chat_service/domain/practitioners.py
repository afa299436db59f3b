"""What therapists are called, as booking_service tells it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from chat_service.queries.practitioners import practitioner_for_update


@dataclass(frozen=True, kw_only=True)
class HearPractitioner:
    """A publication or withdrawal. `name` is a text, a text per locale, or null when not told."""

    practitioner_id: int
    name: str | Mapping[str, str] | None
    is_published: bool
    sequence: int


def hear_practitioner(session: Session, command: HearPractitioner) -> None:
    """Take a public record's state; one older than heard before changes nothing."""
    practitioner = practitioner_for_update(session, command.practitioner_id)
    practitioner.hear(
        name=command.name, is_published=command.is_published, sequence=command.sequence
    )
