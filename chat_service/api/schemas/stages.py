"""Bodies of `/api/v1/stages`."""

from marshmallow import Schema, fields

from shared.http.locales import locale_field


class LocaleWantedSchema(Schema):
    """In which language the texts are wanted."""

    locale = locale_field("the account's language")


class StageSchema(Schema):
    """A stage of the programme, in one language."""

    id = fields.Integer(metadata={"description": "unique over all versions of the programme"})
    order = fields.Integer(metadata={"description": "from 0"})
    name = fields.String(metadata={"description": "its title"})
    description = fields.String(
        metadata={"description": "what it is about, in one or two sentences"}
    )
    is_chat = fields.Boolean(metadata={"description": "the stage is a conversation"})
