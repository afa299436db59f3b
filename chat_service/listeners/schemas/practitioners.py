"""Data of booking_service's events about therapists' public records."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load

from chat_service.domain.practitioners import HearPractitioner
from shared.events.reading import HeardSchema
from shared.http.fields import Identifier

NAME_CHARACTERS = 200


class NameInWords(fields.Field[str | dict[str, str]]):
    """A name: one text, or a text per locale."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str | dict[str, str]:
        if isinstance(value, str) and 1 <= len(value) <= NAME_CHARACTERS:
            return value
        is_map = isinstance(value, dict) and value
        if is_map and all(isinstance(word, str) for word in value.values()):
            return dict(value)
        raise ValidationError("Not a name.")


class PractitionerPublishedSchema(HeardSchema[HearPractitioner]):
    """A public record is listed, or a listed one changed."""

    practitioner_id = Identifier(required=True)
    name = NameInWords(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> HearPractitioner:
        return HearPractitioner(**data, is_published=True, sequence=self.envelope.sequence)


class PractitionerWithdrawnSchema(HeardSchema[HearPractitioner]):
    """A public record is no longer listed."""

    practitioner_id = Identifier(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> HearPractitioner:
        return HearPractitioner(
            **data, name=None, is_published=False, sequence=self.envelope.sequence
        )
