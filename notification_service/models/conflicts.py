"""Inserting where a unique constraint may say no: the database decides, the same on both kinds."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from notification_service.models.tables import Model


def insert_for(session: Session, model: type[Model]) -> Any:
    """Give the dialect's INSERT, which knows ON CONFLICT."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    table = model.__table__
    return postgresql.insert(table) if is_postgresql else sqlite.insert(table)  # type: ignore[arg-type]


def insert_unless_there(session: Session, model: type[Model], **values: Any) -> bool:
    """Insert a row unless a unique constraint has one already; tell whether it was inserted."""
    key = list(model.__table__.primary_key)
    statement = insert_for(session, model).values(**values).on_conflict_do_nothing()
    return session.execute(statement.returning(*key)).first() is not None
