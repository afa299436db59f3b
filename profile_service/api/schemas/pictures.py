"""Bodies of pictures."""

from marshmallow import Schema, fields


class PictureSchema(Schema):
    """What became of a picture that was sent."""

    etag = fields.String(metadata={"description": "changes with the picture"})
    size_bytes = fields.Integer(metadata={"description": "of the JPEG that is shown"})
