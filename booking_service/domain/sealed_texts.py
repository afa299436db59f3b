"""Sealing texts that stand in clear, as earlier releases wrote them."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking_service.queries.sealed_texts import (
    plain_changes,
    plain_preferences,
    plain_relations,
)


def seal_plain_texts(session: Session, *, now: datetime, limit: int) -> int:
    """Seal up to `limit` rows of each kind with the key of the client they tell of; give how many.

    Raises:
        TextUnreadable: a client's data key cannot be unwrapped; nothing is written.
    """
    preferences = plain_preferences(session, limit=limit)
    for wishes in preferences:
        wishes.tell_topics(session, wishes.topics, now=now)
    relations = plain_relations(session, limit=limit)
    for relation in relations:
        relation.tell_reasons(session, relation.reasons or (), relation.more_reasons, now=now)
    changes = plain_changes(session, limit=limit)
    for change, client_id in changes:
        change.tell_reason(session, client_id, change.reason or "", now=now)
    return len(preferences) + len(relations) + len(changes)
