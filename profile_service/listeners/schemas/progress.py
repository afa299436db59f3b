"""Data of `chat.progress.changed`."""

from typing import Any

from marshmallow import fields, post_load, validate

from profile_service.domain.progress import Progress, RememberProgress
from shared.events.reading import HeardSchema
from shared.http.fields import Identifier, WholeNumber


class ProgressSchema(HeardSchema[RememberProgress]):
    """How far a person has come."""

    account_id = Identifier(required=True)
    completed_stages = WholeNumber(required=True)
    ratio = fields.Float(required=True, validate=validate.Range(0, 1))
    total_answers = WholeNumber(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> RememberProgress:
        account_id = data.pop("account_id")
        return RememberProgress(
            account_id=account_id, progress=Progress(**data), sequence=self.envelope.sequence
        )
