"""Asking booking_service who cares for whom, who is listed, and who has a card on file."""

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields, post_load

from shared.http.client import AnswerSchema, ServiceClient
from shared.http.fields import Truth


class _ItemsSchema(AnswerSchema):
    """Whether there is anything of what was asked for; what it is does not matter."""

    items = fields.List(fields.Raw(), required=True)

    @post_load
    def is_any(self, data: dict[str, Any], **_: object) -> bool:
        """Give the one fact."""
        return bool(data["items"])


class _PractitionerSchema(AnswerSchema):
    """Whether a therapist's record is published."""

    is_published = Truth(required=True)

    @post_load
    def is_listed(self, data: dict[str, Any], **_: object) -> bool:
        """Give the one fact."""
        is_published: bool = data["is_published"]
        return is_published


_ITEMS: Final = _ItemsSchema()
_PRACTITIONER: Final = _PractitionerSchema()


class BookingFacts:
    """The facts of booking_service, over HTTP."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def has_care_relation(self, *, client_id: int, practitioner_id: int) -> bool:
        """Tell whether the practitioner is the client's present therapist.

        Raises:
            Unavailable: no answer in time, or none that can be used.
        """
        query = {"client_id": client_id, "practitioner_id": practitioner_id}
        return self._is_any("/internal/v1/care-relations", query)

    def is_listed(self, practitioner_id: int) -> bool:
        """Tell whether a therapist of that id is published. Raises as `has_care_relation`."""
        path = f"/internal/v1/practitioners/{practitioner_id}"
        return self._client.read(path, _PRACTITIONER) is True

    def has_card(self, account_id: int) -> bool:
        """Tell whether the account has a card on file. Raises as `has_care_relation`."""
        return self._is_any("/internal/v1/payment-methods", {"account_id": account_id})

    def _is_any(self, path: str, query: Mapping[str, int]) -> bool:
        return self._client.read_there(path, _ITEMS, query) is True
