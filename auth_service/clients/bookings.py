"""Asking booking_service, which owns care relations and who is listed."""

from auth_service.domain.care_relations import Booking
from shared.errors import Unavailable
from shared.http.authentication import Identity
from shared.http.client import ServiceAnswer, ServiceClient
from shared.settings import ServiceSettings


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
        answer = self._client.get("/internal/v1/care-relations", {own: identity.account_id})
        if not answer.is_success:
            raise Unavailable
        return frozenset(
            relation[other] for relation in _items(answer) if isinstance(relation.get(other), int)
        )

    def is_listed(self, practitioner_id: int) -> bool:
        """See Booking."""
        answer = self._client.get(f"/internal/v1/practitioners/{practitioner_id}")
        if answer.status == 404:
            return False
        if not answer.is_success or not isinstance(answer.json, dict):
            raise Unavailable
        return answer.json.get("is_published") is True


def _items(answer: ServiceAnswer) -> list[dict[str, int]]:
    items = answer.json.get("items") if isinstance(answer.json, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Unavailable
    return items


def booking_at(settings: ServiceSettings) -> Booking:
    """Give the client for the URL in the settings."""
    return BookingOverHttp(ServiceClient("booking", settings.booking_url, settings.internal_key))
