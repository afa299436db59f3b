"""Inserting what may be there already: the unique constraint decides, on both databases alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from chat_service.models.tables import Model


def insert_if_absent(
    session: Session, model: type[Model], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert the rows whose keys are free and leave the others as they are.

    Waits for another transaction that is inserting the same key, so that a locking read afterwards
    finds the row whoever inserted it.
    """
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if is_postgresql else sqlite.insert
    session.execute(insert(model).values([dict(row) for row in rows]).on_conflict_do_nothing())
