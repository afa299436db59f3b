"""Paging of lists: `?page=1&per_page=20` in, `{"items", "total", "page", "per_page"}` out."""

from typing import Any

from marshmallow import Schema, fields, post_load

from shared.http.fields import QueryNumber
from shared.pages import Page, PageWanted

__all__ = ["Page", "PageWanted", "PageWantedSchema", "list_schema", "page_schema"]


class PageWantedSchema(Schema):
    """The two query parameters."""

    page = QueryNumber(
        minimum=1, maximum=10**9, load_default=1, metadata={"description": "counts from 1"}
    )
    per_page = QueryNumber(
        minimum=1, maximum=100, load_default=20, metadata={"description": "1 to 100"}
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> PageWanted:
        """Give the page wanted."""
        return PageWanted(**data)


def page_schema(item: type[Schema]) -> type[Schema]:
    """Make the schema of a page of `item`; named after it for the OpenAPI document."""
    name = item.__name__.removesuffix("Schema") + "Page"
    members = {
        "items": fields.List(fields.Nested(item), metadata={"description": "the page's rows"}),
        "total": fields.Integer(metadata={"description": "rows in all"}),
        "page": fields.Integer(metadata={"description": "which page this is, from 1"}),
        "per_page": fields.Integer(metadata={"description": "rows of a whole page"}),
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
