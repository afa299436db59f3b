"""Asking booking_service who cares for whom, who is listed, and who has a card on file."""

from shared.errors import Unavailable
from shared.http.client import ServiceClient


class BookingFacts:
    """The facts of booking_service, over HTTP."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def has_care_relation(self, *, client_id: int, practitioner_id: int) -> bool:
        """Tell whether the practitioner is the client's present therapist.

        Raises:
            Unavailable: no answer in time, or none that can be used.
        """
        query: dict[str, str | int] = {"client_id": client_id, "practitioner_id": practitioner_id}
        return bool(self._items("/internal/v1/care-relations", query))

    def is_listed(self, practitioner_id: int) -> bool:
        """Tell whether a therapist of that id is published. Raises as `has_care_relation`."""
        answer = self._client.get(f"/internal/v1/practitioners/{practitioner_id}")
        if answer.status == 404:
            return False
        if not answer.is_success or not isinstance(answer.json, dict):
            raise Unavailable("booking does not answer as agreed at the moment.")
        return answer.json.get("is_published") is True

    def has_card(self, account_id: int) -> bool:
        """Tell whether the account has a card on file. Raises as `has_care_relation`."""
        return bool(self._items("/internal/v1/payment-methods", {"account_id": account_id}))

    def _items(self, path: str, query: dict[str, str | int]) -> list[object]:
        answer = self._client.get(path, query)
        items = answer.json.get("items") if isinstance(answer.json, dict) else None
        if not answer.is_success or not isinstance(items, list):
            raise Unavailable("booking does not answer as agreed at the moment.")
        return items
