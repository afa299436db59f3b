"""Bodies of `/internal/v1/progress`."""

from marshmallow import Schema, fields


class ProgressSchema(Schema):
    """How far a person has come."""

    completed_stages = fields.Integer(metadata={"description": "stages of the programme completed"})
    ratio = fields.Float(metadata={"description": "share of the programme, 0 to 1"})
    total_answers = fields.Integer(metadata={"description": "answered questions in all"})
