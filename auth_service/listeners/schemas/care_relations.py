"""Data of booking's events about care relations and therapists."""

from typing import Any, ClassVar

from marshmallow import post_load

from auth_service.domain.care_relations import CopyCareRelation, CopyPractitioner
from shared.events.reading import HeardSchema
from shared.http.fields import Identifier


class CareRelationSchema(HeardSchema[CopyCareRelation]):
    """Who is in care with whom."""

    is_active: ClassVar[bool]

    client_id = Identifier(required=True)
    practitioner_id = Identifier(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> CopyCareRelation:
        return CopyCareRelation(**data, is_active=self.is_active, sequence=self.envelope.sequence)


class CareRelationStartedSchema(CareRelationSchema):
    """`booking.care_relation.started.v1`."""

    is_active = True


class CareRelationEndedSchema(CareRelationSchema):
    """`booking.care_relation.ended.v1`."""

    is_active = False


class PractitionerSchema(HeardSchema[CopyPractitioner]):
    """Which therapist."""

    is_published: ClassVar[bool]

    practitioner_id = Identifier(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> CopyPractitioner:
        return CopyPractitioner(
            **data, is_published=self.is_published, sequence=self.envelope.sequence
        )


class PractitionerPublishedSchema(PractitionerSchema):
    """`booking.practitioner.published.v1`."""

    is_published = True


class PractitionerWithdrawnSchema(PractitionerSchema):
    """`booking.practitioner.withdrawn.v1`."""

    is_published = False
