"""Bodies of changes of addresses."""

from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, post_load

from auth_service.api.schemas.accounts import email_field
from shared.http.fields import Secret
from shared.schemas import CommandSchema


@dataclass(frozen=True, kw_only=True)
class ChangeEmail:
    """Another address, and the password where the login is not fresh."""

    email: str
    password: str | None = field(default=None, repr=False)


def password_to_confirm() -> Secret:
    """Make the field of the present password."""
    return Secret(
        metadata={"description": "the present one; needed ten minutes after the login and later"}
    )


class ChangeEmailSchema(CommandSchema):
    """The new address."""

    makes = ChangeEmail

    email = email_field()
    password = password_to_confirm()


class WantAddressSchema(Schema):
    """An address alone."""

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
