"""Bodies of corrections of addresses that staff propose."""

from marshmallow import Schema, fields

from shared.http.fields import Instant


class EmailCorrectionSchema(Schema):
    """A correction that waits for the old mailbox or a second staff member to agree."""

    id = fields.Integer(metadata={"description": "its own"})
    account_id = fields.Integer(metadata={"description": "whose address it is"})
    email = fields.String(metadata={"description": "the address proposed, lower case"})
    asked_by = fields.Integer(metadata={"description": "the admin who proposed it"})
    asked_at = Instant(metadata={"description": "UTC"})
    expires_at = Instant(metadata={"description": "UTC; after this nobody can agree"})
