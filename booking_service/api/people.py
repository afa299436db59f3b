"""People as auth knows them: asked before anything is decided about them, outside of transactions;
the copies serve names, and decide while auth is down.
"""

from collections.abc import Collection, Mapping
from functools import partial

from booking_service.domain.accounts import Account
from booking_service.domain.people import (
    RememberAccount,
    remember_account,
    remembered_account,
)
from booking_service.errors import AccountIsNotClient, PractitionerNotFound
from booking_service.parts import parts
from booking_service.queries.people import names_of
from booking_service.queries.practitioners import active_flags
from shared.errors import Unavailable
from shared.http.context import clock, database


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


def take_over_standings(practitioner_ids: Collection[int]) -> bool:
    """Ask auth whether therapists still are some, and take over at once what the copies do not
    know: who is locked or lost the role retires. Tell whether there was anything; while auth is
    down the copies decide.

    Must not be called inside a transaction. Nothing that was answered is kept: a lock counts from
    the moment auth knows it.
    """
    if not practitioner_ids:
        return False
    try:
        asked = parts().accounts.accounts(practitioner_ids)
    except Unavailable:
        return False
    return _take_over(asked)


def require_at_work(practitioner_id: int) -> None:
    """Refuse a therapist auth knows no account of; what else it knows is taken over.

    Must not be called inside a transaction.

    Raises:
        PractitionerNotFound: there is no such account.
    """
    try:
        asked = parts().accounts.accounts([practitioner_id])
    except Unavailable:
        return
    if practitioner_id not in asked:
        raise PractitionerNotFound
    _take_over(asked)


def _take_over(asked: Mapping[int, Account]) -> bool:
    flags = database().reading(lambda session: active_flags(session, asked.keys()))
    news = [
        each
        for each in asked.values()
        if flags.get(each.account_id, each.is_active_therapist) != each.is_active_therapist
    ]
    now = clock().now()
    for each in news:
        told = RememberAccount.of(each)
        database().writing(partial(remember_account, command=told, now=now))
    return bool(news)


def require_client(account_id: int) -> None:
    """Refuse whoever is no client, by what auth knows, or while it is down the copy.

    Must not be called inside a transaction.

    Raises:
        AccountNotFound: auth knows nobody under that id.
        AccountIsNotClient: another role, or locked.
        Unavailable: auth is down and there is no copy.
    """
    account = account_of(account_id)
    if account.role != "client" or account.is_locked:
        raise AccountIsNotClient


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
