"""Paging of lists: `?limit=20&cursor=…` in, `{"items", "next"}` and a `Link` header (RFC 8288) out.

`next` is the cursor of the page that follows, null at the end. A cursor is opaque to callers; here
it is the place of the last row (`shared/pages.py`).
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import Response, request
from marshmallow import Schema, ValidationError, fields, post_load

from shared.http.blueprint import json_answer
from shared.http.fields import QueryNumber
from shared.pages import MOST_ON_A_PAGE, Page, PageWanted, Place, moment_of

_NUMBERS = re.compile(r"-?[0-9]{1,20}(?:\.-?[0-9]{1,20})*")
_NO_CURSOR = "Not a cursor of this list."


class Cursor(fields.Field[Place]):
    """A place in a list of so many `numbers`, as the page before named it; `instants` says which of
    them, from 0, are moments.
    """

    described_as: ClassVar = {"type": "string"}

    def __init__(self, numbers: int = 1, *, instants: Sequence[int] = (), **kwargs: Any) -> None:
        self._numbers = numbers
        self._instants = instants
        kwargs.setdefault("load_default", None)
        kwargs.setdefault("metadata", {"description": "`next` of the page before"})
        super().__init__(**kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Place:
        try:
            place = place_in(value)
            if len(place) != self._numbers:
                raise ValidationError(_NO_CURSOR)
            for number in self._instants:
                moment_of(place[number])
        except (ValueError, TypeError, OverflowError, binascii.Error) as error:
            raise ValidationError(_NO_CURSOR) from error
        return place


def cursor_of(place: Place | None) -> str | None:
    """Spell a place for callers; None stays None."""
    if place is None:
        return None
    text = ".".join(str(number) for number in place)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_in(cursor: str) -> Place:
    """Read a cursor.

    Raises:
        ValueError, TypeError: it is none.
    """
    padded = cursor + "=" * (-len(cursor) % 4)
    text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    if not _NUMBERS.fullmatch(text):
        raise ValueError(cursor)
    return tuple(int(number) for number in text.split("."))


def limit_field(default: int = 20, most: int = MOST_ON_A_PAGE) -> QueryNumber:
    """Make the query parameter `limit`."""
    return QueryNumber(
        minimum=1,
        maximum=most,
        load_default=default,
        metadata={"description": f"how many rows at most, 1 to {most}"},
    )


class PageWantedSchema(Schema):
    """The two query parameters of every list that has pages; `cursor` is another one where a place
    has more numbers than an id.
    """

    limit = limit_field()
    cursor = Cursor()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> Any:
        """Give the page wanted."""
        return page_wanted(data)


def page_wanted(data: dict[str, Any]) -> PageWanted:
    """Take the page wanted out of what a schema has read."""
    return PageWanted(limit=data.pop("limit"), after=data.pop("cursor"))


def paged(items: Sequence[object], page: Page[Any], **beside: object) -> Response:
    """Answer with a page whose rows are spelled already, and what stands `beside` them."""
    cursor = cursor_of(page.next)
    return linked(json_answer({"items": items, "next": cursor, **beside}), cursor)


def linked(answer: Response, cursor: str | None) -> Response:
    """Name the page that follows in `Link`, everything else as this one was asked for."""
    if cursor is not None:
        query = urlencode({**request.args.to_dict(), "cursor": cursor})
        answer.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return answer


def page_schema(item: type[Schema]) -> type[Schema]:
    """Make the schema of a page of `item`; named after it for the OpenAPI document."""
    name = item.__name__.removesuffix("Schema") + "Page"
    members = {
        "items": fields.List(fields.Nested(item), metadata={"description": "the page's rows"}),
        "next": fields.String(
            allow_none=True, metadata={"description": "`cursor` of the page that follows, or null"}
        ),
    }
    return type(f"{name}Schema", (Schema,), {**members, "__doc__": f"One page of {item.__name__}."})


def list_schema(item: type[Schema]) -> type[Schema]:
    """Make the schema of an unpaged list `{"items": […]}`; named after it for the OpenAPI
    document.
    """
    name = item.__name__.removesuffix("Schema") + "List"
    items = fields.List(fields.Nested(item), metadata={"description": "the listed rows"})
    members = {"items": items}
    return type(f"{name}Schema", (Schema,), {**members, "__doc__": f"A list of {item.__name__}."})
