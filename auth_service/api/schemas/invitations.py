"""Bodies of invitations."""

from typing import Any

from marshmallow import Schema, post_load

from auth_service.api.schemas.accounts import password_to_set
from auth_service.domain.invitations import AcceptInvitation
from shared.http.fields import Secret


class AcceptInvitationSchema(Schema):
    """The token from the mailed link and the password to set."""

    token = Secret(required=True, metadata={"description": "good for 72 hours, once"})
    password = password_to_set()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> AcceptInvitation:
        """Give the command."""
        return AcceptInvitation(**data)
