"""The answer to a login."""

from marshmallow import Schema, fields

from auth_service.api.schemas.accounts import AccountSchema
from shared.http.fields import Instant


class TokenSchema(Schema):
    """Tokens and who has logged in."""

    access_token = fields.String(metadata={"description": "a signed JWT"})
    expires_at = Instant(metadata={"description": "UTC"})
    refresh_token = fields.String(
        allow_none=True, metadata={"description": "to be used once; null for older systems"}
    )
    account = fields.Nested(AccountSchema, metadata={"description": "who has logged in"})
