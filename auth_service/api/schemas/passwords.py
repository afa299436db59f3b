"""Bodies that change a password."""

from typing import Any

from marshmallow import Schema, post_load

from auth_service.api.schemas.accounts import password_to_set
from auth_service.domain.passwords import ChangePassword
from shared.http.fields import Secret, Truth


class ChangePasswordSchema(Schema):
    """The old password and the new one."""

    old_password = Secret(required=True, metadata={"description": "the caller's present password"})
    new_password = password_to_set()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> ChangePassword:
        """Give the command."""
        return ChangePassword(**data)


class ChangePasswordThroughDoorSchema(ChangePasswordSchema):
    """The same for an older system's client."""

    accept_weak = Truth(
        load_default=False,
        metadata={"description": "true takes a weak password and marks the account so"},
    )
