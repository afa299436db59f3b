"""Bodies that ask for codes and give them back."""

from typing import Any

from marshmallow import Schema, fields, post_load

from auth_service.api.schemas.accounts import email_field
from auth_service.domain.verifications import GiveCode
from shared.http.fields import Text


class AddressSchema(Schema):
    """The address, as it is kept."""

    email = fields.String(metadata={"description": "lower case"})


class AskForCodeSchema(Schema):
    """The address to mail a code to."""

    email = email_field()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> str:
        """Give the address."""
        return str(data["email"])


class GiveCodeSchema(Schema):
    """Address and code; what is no code is a wrong one."""

    email = email_field()
    code = Text(
        required=True,
        minimum=1,
        maximum=64,
        may_be_blank=True,
        load_only=True,
        metadata={"description": "the six digits from the mail"},
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> GiveCode:
        """Give the command."""
        return GiveCode(**data)


class ProvedAddressSchema(AddressSchema):
    """The address that counts as proved now."""

    purpose = fields.String(metadata={"description": "sign_up or email_change"})
