"""The declarative base of this service's tables, and the column types they share."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Dialect,
    String,
    bindparam,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm.attributes import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from shared.tables import new_metadata

"""SQLite numbers only an INTEGER key; outward every identifier has 64 bits."""

LOCALIZED = JSON(none_as_null=True)
"""A text, or an object of texts by locale."""

LocalizedText = str | Mapping[str, str]


class Model(DeclarativeBase):
    """Base of every table of booking_service."""

    metadata = new_metadata()


NO_CODES = ","
"""How an empty list of codes is kept."""


class CodeNumbers(TypeDecorator[tuple[int, ...]]):
    """Numbers of a code list, kept as `,3,17,` so that one of them is found alike by both
    databases.
    """

    impl = String(512)
    cache_ok = True

    def process_bind_param(self, value: tuple[int, ...] | None, dialect: Dialect) -> str | None:
        """Spell the numbers in ascending order, each once."""
        return None if value is None else _spelled([str(number) for number in sorted(set(value))])

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[int, ...] | None:
        """Give the numbers."""
        return None if value is None else _numbers(value)


class CodeWords(TypeDecorator[tuple[str, ...]]):
    """Words of a code list, kept as `,en,ru,`; see CodeNumbers."""

    impl = String(128)
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Spell the words, each once, in the order given."""
        return None if value is None else _spelled(list(dict.fromkeys(value)))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Give the words."""
        return None if value is None else _words(value)


def has_code(column: InstrumentedAttribute[Any], code: int | str) -> ColumnElement[bool]:
    """Make the condition that a column of CodeNumbers or CodeWords holds a code."""
    return type_coerce(column, String).contains(f",{code},", autoescape=True)


class Identifiers(TypeDecorator[Sequence[int]]):
    """Identifiers handed to a statement as one value, however many: an array on PostgreSQL, a JSON
    text on SQLite. A list with a parameter for each costs more to spell than to look up.
    """

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give the database's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(BigInteger))
        return dialect.type_descriptor(JSON())


class is_among(FunctionElement[bool]):  # noqa: N801 - reads as the condition it is
    """The condition that a column is one of the identifiers of a parameter."""

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: ColumnElement[int] | InstrumentedAttribute[int], name: str) -> None:
        super().__init__(column, bindparam(name, type_=Identifiers()))


@compiles(is_among)
def _on_sqlite(element: is_among, compiler: SQLCompiler, **how: Any) -> str:
    column, identifiers = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({identifiers}))"  # noqa: S608 - compiled


@compiles(is_among, "postgresql")
def _on_postgresql(element: is_among, compiler: SQLCompiler, **how: Any) -> str:
    column, identifiers = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} = ANY ({identifiers})"


def _spelled(parts: list[str]) -> str:
    return "".join([",", *(f"{part}," for part in parts)]) if parts else ","


@lru_cache(maxsize=4096)
def _words(value: str) -> tuple[str, ...]:
    return tuple(part for part in value.split(",") if part)


@lru_cache(maxsize=4096)
def _numbers(value: str) -> tuple[int, ...]:
    return tuple(int(part) for part in _words(value))
