"""Bodies of `/api/v1/memberships`."""

from marshmallow import Schema, fields

from shared.http.fields import Instant


class MembershipSchema(Schema):
    """Whether somebody is a premium member."""

    account_id = fields.Integer(metadata={"description": "whose membership"})
    is_premium = fields.Boolean(metadata={"description": "a premium member"})
    started_at = Instant(allow_none=True, metadata={"description": "UTC, or null"})


class StartMembershipSchema(Schema):
    """Nothing has to be said."""
