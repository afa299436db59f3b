"""Reading accounts."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from auth_service.errors import AccountNotFound
from auth_service.models.accounts import Account
from shared.clock import instant_text
from shared.http.authentication import Identity
from shared.mailbox_addresses import shown_address
from shared.pages import MAX_IDENTIFIER, Page, PageWanted

_ANSWERED = select(
    Account.id,
    Account.email,
    Account.user_name,
    Account.first_name,
    Account.last_name,
    Account.role,
    Account.email_verified_at,
    Account.locked_at,
    Account.must_change_password,
    Account.created_at,
)


def next_accounts(session: Session, *, after: int, limit: int) -> Sequence[Account]:
    """Give the next accounts by id."""
    wanted = select(Account).where(Account.id > after).order_by(Account.id).limit(limit)
    return session.execute(wanted).scalars().all()


def account_by_id(session: Session, account_id: int) -> Account:
    """Give an account, whoever asks.

    Raises:
        AccountNotFound: unknown.
    """
    account = session.get(Account, account_id) if account_id <= MAX_IDENTIFIER else None
    if account is None:
        raise AccountNotFound
    return account


def account_answer(session: Session, account_id: int) -> dict[str, Any]:
    """Give one account as it is answered to its owner, from columns alone: the hot read.

    Raises:
        AccountNotFound: unknown.
    """
    row = session.execute(_ANSWERED.where(Account.id == account_id)).mappings().first()
    if row is None:
        raise AccountNotFound
    answer = {**row, "email": shown_address(row["email"])}
    for instant, truth in (("email_verified_at", "is_verified"), ("locked_at", "is_locked")):
        answer[truth] = answer.pop(instant) is not None
    answer["created_at"] = instant_text(answer["created_at"])
    return answer


def account_for_update(session: Session, account_id: int) -> Account | None:
    """Give an account with its row locked, as it is now."""
    if account_id > MAX_IDENTIFIER:
        return None
    return session.get(Account, account_id, with_for_update=True, populate_existing=True)


def account_with_email(session: Session, email: str) -> Account | None:
    """Give the account of an address (lower case)."""
    return session.execute(select(Account).where(Account.email == email)).scalar_one_or_none()


def account_with_email_for_update(session: Session, email: str) -> Account | None:
    """Give the account of an address with its row locked, as it is now."""
    return session.execute(
        select(Account)
        .where(Account.email == email)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def has_user_name(
    session: Session, user_name_key: str, user_name_look: str, *, but: int = 0
) -> bool:
    """Tell whether another account than `but` has the user name, or one that looks like it."""
    is_same = or_(Account.user_name_key == user_name_key, Account.user_name_look == user_name_look)
    found = select(Account.id).where(is_same, Account.id != but)
    return session.execute(found).first() is not None


def accounts_with_ids(session: Session, account_ids: Collection[int]) -> Sequence[Account]:
    """Give the accounts that exist, by ascending id."""
    return (
        session.execute(select(Account).where(Account.id.in_(account_ids)).order_by(Account.id))
        .scalars()
        .all()
    )


def accounts_visible_to(
    session: Session, identity: Identity, in_care: Collection[int], wanted: PageWanted
) -> Page[Account]:
    """Give a page of what the caller may see, by ascending id: everybody for staff; otherwise
    oneself and `in_care`, the other sides of one's care relations.
    """
    condition = _visible_to(identity, in_care)
    total = session.execute(select(func.count(Account.id)).where(condition)).scalar_one()
    rows = session.execute(
        select(Account)
        .where(condition)
        .order_by(Account.id)
        .offset(wanted.offset)
        .limit(wanted.per_page)
    )
    return Page(items=rows.scalars().all(), total=total, page=wanted.page, per_page=wanted.per_page)


def _visible_to(identity: Identity, in_care: Collection[int]) -> ColumnElement[bool]:
    if identity.is_staff:
        return true()
    return or_(Account.id == identity.account_id, Account.id.in_(in_care))
