"""Bodies of `/api/v1/help-lines`."""

from marshmallow import Schema, fields, validate

from shared.http.locales import locale_field


class HelpLinesWantedSchema(Schema):
    """Where, and in which language."""

    country = fields.String(
        load_default=None,
        validate=validate.Regexp("^[A-Za-z]{2}$", error="Not a code of ISO 3166-1."),
        metadata={"description": "ISO 3166-1 alpha-2 in any case; without it those for everywhere"},
    )
    locale = locale_field("en")


class HelpLineSchema(Schema):
    """Somebody who listens."""

    name = fields.String(metadata={"description": "what the line is called, in the locale"})
    number = fields.String(
        allow_none=True,
        metadata={"description": "as it is dialled within the country; null where only a page is"},
    )
    url = fields.String(metadata={"description": "the page of those who run it"})
    hours = fields.String(
        allow_none=True,
        metadata={"description": "`24/7`; null where it is not known to answer around the clock"},
    )
    languages = fields.List(
        fields.String(), metadata={"description": "languages spoken there, ISO 639-1"}
    )


class HelpLinesSchema(Schema):
    """Whom to call."""

    country = fields.String(
        allow_none=True,
        metadata={"description": "the country the lines are of; null: those for everywhere"},
    )
    emergency_number = fields.String(metadata={"description": "for danger to life"})
    items = fields.List(
        fields.Nested(HelpLineSchema),
        metadata={"description": "the country's own lines first"},
    )
