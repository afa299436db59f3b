"""Data of `chat.progress.changed`."""

from marshmallow import fields, validate

from profile_service.listeners.schemas.reading import HeardSchema
from shared.http.fields import Identifier, WholeNumber


class ProgressSchema(HeardSchema):
    """How far a person has come."""

    account_id = Identifier(required=True)
    completed_stages = WholeNumber(required=True)
    ratio = fields.Float(required=True, validate=validate.Range(0, 1))
    total_answers = WholeNumber(required=True)
