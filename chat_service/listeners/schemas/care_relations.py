"""Data of booking_service's events about care relations."""

from typing import Any, ClassVar

from marshmallow import post_load

from chat_service.domain.care_relations import HearCareRelation
from shared.events.reading import HeardSchema
from shared.http.fields import Identifier


class CareRelationSchema(HeardSchema[HearCareRelation]):
    """Who began or ended care with whom."""

    is_active: ClassVar[bool]

    client_id = Identifier(required=True)
    practitioner_id = Identifier(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> HearCareRelation:
        return HearCareRelation(**data, is_active=self.is_active, sequence=self.envelope.sequence)


class CareRelationStartedSchema(CareRelationSchema):
    """`booking.care_relation.started.v1`."""

    is_active = True


class CareRelationEndedSchema(CareRelationSchema):
    """`booking.care_relation.ended.v1`."""

    is_active = False
