"""Whether a therapist is listed: the copy first, and before saying no booking_service."""

from profile_service.domain.care_relations import is_listed
from profile_service.parts import parts
from profile_service.queries.care_relations import is_listed_by_copy
from shared.http.context import database


def is_listed_now(account_id: int) -> bool:
    """Tell whether somebody is a listed therapist. Must not be called inside a transaction."""
    by_copy = database().reading(lambda session: is_listed_by_copy(session, account_id))
    return is_listed(account_id, booking=parts().booking, is_listed_by_copy=by_copy)
