"""Bodies of invitations."""

from auth_service.api.schemas.accounts import password_to_set
from auth_service.domain.invitations import AcceptInvitation
from shared.http.fields import Secret
from shared.schemas import CommandSchema


class AcceptInvitationSchema(CommandSchema):
    """The token from the mailed link and the password to set."""

    makes = AcceptInvitation

    token = Secret(required=True, metadata={"description": "good for 72 hours, once"})
    password = password_to_set()
