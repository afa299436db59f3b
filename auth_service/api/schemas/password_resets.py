"""Bodies that reset a forgotten password."""

from typing import Any

from marshmallow import Schema, post_load, validates_schema

from auth_service.api.schemas.accounts import email_field, password_to_set
from auth_service.api.schemas.verifications import (
    GiveCodeSchema,
    code_field,
    given_code,
    link_token_field,
    require_code_or_token,
)
from auth_service.domain.password_resets import ConfirmReset, ConfirmResetByLink


class AskForResetSchema(Schema):
    """The address to mail a code to."""

    email = email_field()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> str:
        """Give the address."""
        email: str = data["email"]
        return email


class CheckResetSchema(GiveCodeSchema):
    """Address and code."""


class ConfirmResetSchema(Schema):
    """Address and code, or the token of the mailed link, and the password to set."""

    email = email_field(required=False)
    code = code_field()
    token = link_token_field()
    password = password_to_set()

    @validates_schema
    def is_one_proof(self, data: dict[str, Any], **_: object) -> None:
        """Refuse both and neither."""
        require_code_or_token(data)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> ConfirmReset | ConfirmResetByLink:
        if "token" in data:
            return ConfirmResetByLink(token=data["token"], password=data["password"])
        return ConfirmReset(proof=given_code(data), password=data["password"])
