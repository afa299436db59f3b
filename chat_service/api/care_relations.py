"""Who may talk with whom: booking_service is asked, outside of any transaction; when it is down
the copy here decides.
"""

from chat_service.domain.messages import Pair
from chat_service.parts import parts
from chat_service.queries.care_relations import has_heard_of_care, partners_heard_of
from shared.access_tokens import Identity
from shared.errors import Unavailable
from shared.http.context import database


def may_write(pair: Pair) -> bool:
    """Tell whether the two are in care with each other now."""
    try:
        return parts().care_relations.is_in_care(pair.client_id, pair.practitioner_id)
    except Unavailable:
        return database().reading(
            lambda session: has_heard_of_care(session, pair.client_id, pair.practitioner_id)
        )


def partners_of(identity: Identity) -> frozenset[int]:
    """Give the account ids the caller is in care with; may be five seconds old."""
    is_client = identity.role == "client"
    try:
        return parts().care_relations.partners_of(identity.account_id, is_client=is_client)
    except Unavailable:
        return database().reading(
            lambda session: partners_heard_of(session, identity.account_id, is_client=is_client)
        )
