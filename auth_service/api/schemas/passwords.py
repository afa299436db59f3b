"""Bodies that change a password."""

from auth_service.api.schemas.accounts import password_to_set
from auth_service.domain.passwords import ChangePassword
from shared.http.fields import Secret, Truth
from shared.schemas import CommandSchema


class ChangePasswordSchema(CommandSchema):
    """The old password and the new one."""

    makes = ChangePassword

    old_password = Secret(required=True, metadata={"description": "the caller's present password"})
    new_password = password_to_set()


class ChangePasswordThroughDoorSchema(ChangePasswordSchema):
    """The same for an older system's client."""

    accept_weak = Truth(
        load_default=False,
        metadata={"description": "true takes a weak password and marks the account so"},
    )
