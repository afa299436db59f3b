"""The declarative base of this service's tables, and the column types they share; names of
constraints are fixed so that migrations can speak of them.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Dialect,
    Integer,
    MetaData,
    String,
    type_coerce,
)
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm.attributes import InstrumentedAttribute
from sqlalchemy.types import TypeDecorator

IDENTIFIER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers only an INTEGER key; outward every identifier has 64 bits."""

LOCALIZED = JSON(none_as_null=True)
"""A text, or an object of texts by locale."""

LocalizedText = str | Mapping[str, str]


class Model(DeclarativeBase):
    """Base of every table of booking_service."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


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
        return None if value is None else tuple(int(part) for part in _parts(value))


class CodeWords(TypeDecorator[tuple[str, ...]]):
    """Words of a code list, kept as `,en,ru,`; see CodeNumbers."""

    impl = String(128)
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Spell the words, each once, in the order given."""
        return None if value is None else _spelled(list(dict.fromkeys(value)))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Give the words."""
        return None if value is None else tuple(_parts(value))


def has_code(column: InstrumentedAttribute[Any], code: int | str) -> ColumnElement[bool]:
    """Make the condition that a column of CodeNumbers or CodeWords holds a code."""
    return type_coerce(column, String).contains(f",{code},", autoescape=True)


def _spelled(parts: list[str]) -> str:
    return "".join([",", *(f"{part}," for part in parts)]) if parts else ","


def _parts(value: str) -> list[str]:
    return [part for part in value.split(",") if part]
