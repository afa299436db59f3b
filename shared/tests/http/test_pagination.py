"""Cursors: what was given is read back, anything else is refused."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from shared.http.pagination import Cursor, cursor_of
from shared.pages import PageWanted, Place, microseconds_of, moment_of, page_of

NUMBERS = st.integers(-(10**20) + 1, 10**20 - 1)


def read(cursor: object, numbers: int, instants: tuple[int, ...] = ()) -> Place:
    return Cursor(numbers=numbers, instants=instants).deserialize(cursor)


@given(st.lists(NUMBERS, min_size=1, max_size=5))
def test_a_place_is_read_back(numbers: list[int]) -> None:
    cursor = cursor_of(tuple(numbers))
    assert cursor is not None
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?#%")
    assert read(cursor, len(numbers)) == tuple(numbers)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "", "x", "é", "====", "MS4y!", 5, True, ["MQ"], encoded(""), encoded("1."),
        encoded("1.2.3"), encoded("1"), encoded("a.b"), encoded("1.2 "), encoded("\u0661.2"),
        encoded("9" * 21 + ".1"), encoded("1e3.1"), encoded("1.2\n"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(cursor: object) -> None:
    with pytest.raises(ValidationError):
        read(cursor, 2)


@pytest.mark.parametrize("microseconds", [10**19, -(10**19), 2**62])
def test_a_moment_nobody_lives_to_see_is_refused(microseconds: int) -> None:
    cursor = cursor_of((microseconds, 1))
    with pytest.raises(ValidationError):
        read(cursor, 2, instants=(0,))
    assert read(cursor, 2) == (microseconds, 1)


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)))  # noqa: DTZ001 - made aware below
def test_a_moment_is_its_microseconds(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    assert moment_of(microseconds_of(moment)) == moment
    assert microseconds_of(moment + timedelta(microseconds=1)) == microseconds_of(moment) + 1


@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_a_page_names_its_end_only_where_something_follows(rows: int) -> None:
    wanted = PageWanted(limit=2)
    page = page_of(list(range(rows)), wanted, lambda row: (row,))
    assert list(page.items) == list(range(min(rows, 2)))
    assert page.next == ((1,) if rows > 2 else None)
