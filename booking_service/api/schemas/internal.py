"""Queries of `/internal/v1`."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, post_load, validates_schema

from shared.http.fields import QueryNumber


@dataclass(frozen=True, kw_only=True)
class RelationsWanted:
    """Whose care relations; at least one side is named."""

    client_id: int | None
    practitioner_id: int | None


class RelationsWantedSchema(Schema):
    """Whose care relations."""

    client_id = QueryNumber(load_default=None)
    practitioner_id = QueryNumber(load_default=None)

    @validates_schema
    def check_side(self, data: dict[str, Any], **_: object) -> None:
        """Want at least one side."""
        if data.get("client_id") is None and data.get("practitioner_id") is None:
            raise ValidationError("Name client_id or practitioner_id.", "client_id")

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> RelationsWanted:
        """Give what is wanted."""
        return RelationsWanted(**data)


@dataclass(frozen=True, kw_only=True)
class AccountWanted:
    """Whose card."""

    account_id: int


class AccountWantedSchema(Schema):
    """Whose card."""

    account_id = QueryNumber(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> AccountWanted:
        """Give what is wanted."""
        return AccountWanted(**data)
