"""Bodies of sign-ups that never tell whether an address is known."""

from typing import Any

from marshmallow import fields, post_load

from auth_service.api.schemas.accounts import PersonSchema
from auth_service.api.schemas.login_sessions import door_field
from auth_service.api.schemas.verifications import AddressSchema
from auth_service.domain.accounts import OpenAccount
from auth_service.domain.login_sessions import Door
from shared.schemas import CommandSchema


class RegistrationSchema(PersonSchema, CommandSchema):
    """A sign-up."""

    makes = OpenAccount


class RegisteredSchema(AddressSchema):
    """The address, and what shows later that the sign-up was one's own."""

    secret = fields.String(
        metadata={
            "description": "to be kept and shown beside the code, so that the password stands"
        }
    )


class RegistrationThroughDoorSchema(PersonSchema):
    """A sign-up of an older system's client."""

    opened_through = door_field(Door.WELLBEING)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> OpenAccount:
        data.pop("opened_through")
        return OpenAccount(**data)
