"""What schemas of bodies, queries and heard events have in common."""

from collections.abc import Callable
from typing import Any, ClassVar

from marshmallow import Schema, post_load


class CommandSchema(Schema):
    """A schema whose fields, once read, are the arguments of `makes`: a command, or what a query
    wants. One that has to turn its fields first has a `command` of its own.
    """

    makes: ClassVar[Callable[..., Any]]

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> Any:
        """Make it."""
        return self.makes(**data)
