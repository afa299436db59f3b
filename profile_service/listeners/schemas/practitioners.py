"""Data of `booking.practitioner.published` and `.withdrawn`."""

from typing import Any, ClassVar

from marshmallow import post_load

from profile_service.domain.care_relations import RememberListing
from shared.events.reading import HeardSchema
from shared.http.fields import Identifier


class PractitionerSchema(HeardSchema[RememberListing]):
    """Whose listing changed."""

    is_published: ClassVar[bool]

    practitioner_id = Identifier(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> RememberListing:
        return RememberListing(
            **data, is_published=self.is_published, sequence=self.envelope.sequence
        )


class PractitionerPublishedSchema(PractitionerSchema):
    """`booking.practitioner.published.v1`."""

    is_published = True


class PractitionerWithdrawnSchema(PractitionerSchema):
    """`booking.practitioner.withdrawn.v1`."""

    is_published = False
