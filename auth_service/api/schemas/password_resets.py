"""Bodies that reset a forgotten password."""

from typing import Any

from marshmallow import Schema, post_load

from auth_service.api.schemas.accounts import email_field, password_to_set
from auth_service.api.schemas.verifications import GiveCodeSchema
from auth_service.domain.password_resets import ConfirmReset
from auth_service.domain.verifications import GiveCode


class AskForResetSchema(Schema):
    """The address to mail a code to."""

    email = email_field()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> str:
        """Give the address."""
        return str(data["email"])


class CheckResetSchema(GiveCodeSchema):
    """Address and code."""


class ConfirmResetSchema(GiveCodeSchema):
    """Address, code and the password to set."""

    password = password_to_set()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> ConfirmReset:
        """Give the command."""
        proof = GiveCode(email=data["email"], code=data["code"])
        return ConfirmReset(proof=proof, password=data["password"])
