"""How a database finds what a request asks it for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from shared.database import Database

Statement = tuple[str, Any]


@contextmanager
def heard(engine: Engine) -> Iterator[list[Statement]]:
    """Give the statements that are sent meanwhile, with their values."""
    statements: list[Statement] = []

    def note(_connection: Any, _cursor: Any, words: str, values: Any, *_others: Any) -> None:
        statements.append((words, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def explained(database: Database, statements: list[Statement]) -> str:
    """Tell how each select was answered, as PostgreSQL shows it; nothing of SQLite."""
    if database.is_sqlite:
        return ""
    told = []
    with database.engine.connect() as connection:
        for words, values in statements:
            if not words.lstrip().upper().startswith(("SELECT", "WITH")):
                continue
            asked = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {words}", values)
            plan = "\n".join(row[0] for row in asked)
            told.append(f"{words}\n\n{plan}\n")
        connection.rollback()
    return "\n".join(told)
