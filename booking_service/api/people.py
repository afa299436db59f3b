"""Names of people: the copy first, and where it is silent, auth."""

from collections.abc import Collection, Mapping

from booking_service.domain.accounts import Account
from booking_service.domain.people import remembered_account
from booking_service.parts import parts
from booking_service.queries.people import names_of
from shared.errors import Unavailable
from shared.http.context import database


def full_names(account_ids: Collection[int]) -> Mapping[int, str]:
    """Give the full names of accounts; one nobody can tell now is left out.

    Must not be called inside a transaction: it may ask auth over HTTP.
    """
    known = dict(database().reading(lambda session: names_of(session, account_ids)))
    missing = [each for each in set(account_ids) if each not in known]
    if missing:
        try:
            asked = parts().accounts.accounts(missing)
        except Unavailable:
            return known
        known |= {each.account_id: each.full_name for each in asked.values()}
    return known


def account_of(account_id: int) -> Account:
    """Give an account as auth knows it, or while auth is down as the copy does.

    Must not be called inside a transaction.

    Raises:
        AccountNotFound: auth knows nobody under that id.
        Unavailable: auth is down and there is no copy.
    """
    try:
        return parts().accounts.account(account_id)
    except Unavailable:
        copy = database().reading(lambda session: remembered_account(session, account_id))
        if copy is None:
            raise
        return copy
