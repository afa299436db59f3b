"""Bodies of changes of addresses."""

from typing import Any

from marshmallow import Schema, post_load

from auth_service.api.schemas.accounts import email_field
from shared.http.fields import Secret


class ChangeEmailSchema(Schema):
    """The new address."""

    email = email_field()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> str:
        """Give the address."""
        email: str = data["email"]
        return email


class UndoSchema(Schema):
    """The token from the mail to the old address."""

    token = Secret(required=True, metadata={"description": "good for seven days"})

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> str:
        """Give the token."""
        return str(data["token"])
