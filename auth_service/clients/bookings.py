"""Asking booking_service, which owns care relations and who is listed."""

from typing import Any, Final

from marshmallow import fields, post_load

from auth_service.domain.care_relations import Booking
from shared.access_tokens import Identity
from shared.http.client import AnswerSchema, ServiceClient
from shared.http.fields import Identifier, Truth
from shared.settings import ServiceSettings


class _CareRelationSchema(AnswerSchema):
    """Who is in care with whom."""

    client_id = Identifier(required=True)
    practitioner_id = Identifier(required=True)


class _CareRelationsSchema(AnswerSchema):
    """The active care relations that were asked for."""

    items = fields.List(fields.Nested(_CareRelationSchema), required=True)

    @post_load
    def relations(self, data: dict[str, Any], **_: object) -> list[dict[str, int]]:
        """Give the relations alone."""
        relations: list[dict[str, int]] = data["items"]
        return relations


class _PractitionerSchema(AnswerSchema):
    """Whether a therapist's record is published."""

    is_published = Truth(required=True)

    @post_load
    def is_listed(self, data: dict[str, Any], **_: object) -> bool:
        """Give the one fact."""
        is_published: bool = data["is_published"]
        return is_published


_CARE_RELATIONS: Final = _CareRelationsSchema()
_PRACTITIONER: Final = _PractitionerSchema()


class BookingOverHttp:
    """Asks over HTTP; every answer that is none is Unavailable, and the copy decides."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def in_care_with(self, identity: Identity) -> frozenset[int]:
        """See Booking."""
        own, other = (
            ("practitioner_id", "client_id")
            if identity.role == "therapist"
            else ("client_id", "practitioner_id")
        )
        relations = self._client.read_there(
            "/internal/v1/care-relations", _CARE_RELATIONS, {own: identity.account_id}
        )
        return frozenset(relation[other] for relation in relations)

    def is_listed(self, practitioner_id: int) -> bool:
        """See Booking."""
        path = f"/internal/v1/practitioners/{practitioner_id}"
        return self._client.read(path, _PRACTITIONER) is True


def booking_at(settings: ServiceSettings) -> Booking:
    """Give the client for the URL in the settings."""
    return BookingOverHttp(ServiceClient("booking", settings.booking_url, settings.internal_key))
