"""booking_service, asked who is in care with whom."""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields, post_load

from shared.http.client import AnswerSchema, ServiceClient
from shared.http.fields import Identifier

READ_SECONDS = 0.8
KEPT_SECONDS = 5.0
MOST_KEPT = 10_000
_PATH = "/internal/v1/care-relations"


class _CareRelationSchema(AnswerSchema):
    """Who is in care with whom."""

    client_id = Identifier(required=True)
    practitioner_id = Identifier(required=True)


class _CareRelationsSchema(AnswerSchema):
    """The active care relations that were asked for."""

    items = fields.List(fields.Nested(_CareRelationSchema), required=True)

    @post_load
    def pairs(self, data: dict[str, Any], **_: object) -> frozenset[tuple[int, int]]:
        """Give (client, practitioner) of each."""
        return frozenset((item["client_id"], item["practitioner_id"]) for item in data["items"])


_CARE_RELATIONS: Final = _CareRelationsSchema()


class BookingCareRelations:
    """Asks booking_service. Lists of partners are kept five seconds; whether two may talk is asked
    each time. Thread-safe.
    """

    def __init__(self, client: ServiceClient, *, kept_seconds: float = KEPT_SECONDS) -> None:
        self._client = client
        self._kept_seconds = kept_seconds
        self._kept: OrderedDict[tuple[int, bool], tuple[float, frozenset[int]]] = OrderedDict()
        self._lock = threading.Lock()

    def is_in_care(self, client_id: int, practitioner_id: int) -> bool:
        """Ask now, never from memory.

        Raises:
            Unavailable: no usable answer in time.
        """
        found = self._ask({"client_id": client_id, "practitioner_id": practitioner_id})
        return (client_id, practitioner_id) in found

    def partners_of(self, account_id: int, *, is_client: bool) -> frozenset[int]:
        """Give the account ids a client or a therapist is in care with, at most five seconds old.

        Raises:
            Unavailable: no usable answer in time.
        """
        kept = self._recall(account_id, is_client)
        if kept is not None:
            return kept
        name = "client_id" if is_client else "practitioner_id"
        found = self._ask({name: account_id})
        partners = frozenset(
            practitioner_id if is_client else client_id for client_id, practitioner_id in found
        )
        self._remember(account_id, is_client, partners)
        return partners

    def _ask(self, query: Mapping[str, int]) -> frozenset[tuple[int, int]]:
        pairs: frozenset[tuple[int, int]] = self._client.read_there(_PATH, _CARE_RELATIONS, query)
        return pairs

    def _recall(self, account_id: int, is_client: bool) -> frozenset[int] | None:
        with self._lock:
            kept = self._kept.get((account_id, is_client))
        if kept is None or time.monotonic() - kept[0] >= self._kept_seconds:
            return None
        return kept[1]

    def _remember(self, account_id: int, is_client: bool, partners: frozenset[int]) -> None:
        with self._lock:
            self._kept[account_id, is_client] = (time.monotonic(), partners)
            self._kept.move_to_end((account_id, is_client))
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
