"""Reading accounts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from auth_service.errors import AccountNotFound
from auth_service.models.accounts import IDS_OF_A_BLOCK, Account, AccountCount, folded_name
from shared.access_tokens import Identity
from shared.clock import instant_text
from shared.mailbox_addresses import MailboxAddress, shown_address
from shared.pages import MAX_IDENTIFIER, Page, PageWanted, page_of

T = TypeVar("T")

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


_IN_BLOCK = func.sum(AccountCount.accounts)
_BLOCKS = (
    select(
        AccountCount.block,
        (func.sum(_IN_BLOCK).over(order_by=AccountCount.block) - _IN_BLOCK).label("before"),
        func.sum(_IN_BLOCK).over().label("total"),
    )
    .group_by(AccountCount.block)
    .subquery()
)
_BLOCK_AT = (
    select(_BLOCKS.c.block, cast(_BLOCKS.c.before, BigInteger), cast(_BLOCKS.c.total, BigInteger))
    .where(_BLOCKS.c.before <= bindparam("place"))
    .order_by(_BLOCKS.c.block.desc())
    .limit(1)
)


def account_by_id(session: Session, account_id: int) -> Account:
    """Give an account, whoever asks.

    Raises:
        AccountNotFound: unknown.
    """
    account = session.get(Account, account_id) if account_id <= MAX_IDENTIFIER else None
    if account is None:
        raise AccountNotFound
    return account


def account_of(session: Session, identity: Identity) -> Account | None:
    """Give the caller's own account, or None when it is gone."""
    return session.get(Account, identity.account_id)


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


@dataclass(frozen=True, kw_only=True)
class AccountFilter:
    """What an account must be; None asks for nothing. `name` is how first and last name, or last
    and first, begin.
    """

    email: MailboxAddress | None = None
    name: str | None = None
    role: str | None = None
    is_locked: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is asked for."""
        return self == AccountFilter()

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """Give what a row has to meet."""
        found: list[ColumnElement[bool]] = []
        if self.email is not None:
            found.append(Account.email == self.email)
        if self.name is not None:
            begun = folded_name(self.name)
            found.append(
                or_(_begins(Account.name_key, begun), _begins(Account.reversed_name_key, begun))
            )
        if self.role is not None:
            found.append(Account.role == self.role)
        if self.is_locked is not None:
            is_locked = Account.locked_at.is_not(None)
            found.append(is_locked if self.is_locked else ~is_locked)
        return found


def _begins(key: InstrumentedAttribute[str | None], begun: str) -> ColumnElement[bool]:
    """Tell which keys begin so, by their index on both databases."""
    return and_(key >= begun, key < f"{begun}\U0010ffff")


def accounts_visible_to(
    session: Session,
    identity: Identity,
    in_care: Collection[int],
    page: PageWanted,
    wanted: AccountFilter | None = None,
) -> Page[Account]:
    """Give a page of what the caller may see, by ascending id: everybody for staff; otherwise
    oneself and `in_care`, the other sides of one's care relations.
    """
    found = select(Account).where(*(wanted or AccountFilter()).conditions)
    if not identity.is_staff:
        found = found.where(Account.id.in_({identity.account_id, *in_care}))
    if page.after is not None:
        found = found.where(Account.id > page.after[0])
    rows = session.execute(found.order_by(Account.id).limit(page.rows_to_read))
    return page_of(rows.scalars().all(), page, lambda row: (row.id,))


@dataclass(frozen=True, kw_only=True)
class NumberedPageWanted:
    """Which page an older client asks for; pages count from 1."""

    page: int
    per_page: int

    @property
    def offset(self) -> int:
        """Give how many rows stand before this page."""
        return (self.page - 1) * self.per_page


@dataclass(frozen=True, kw_only=True)
class NumberedPage(Generic[T]):
    """Some rows, and how many there are in all."""

    items: Sequence[T]
    total: int


def numbered_accounts_visible_to(
    session: Session, identity: Identity, in_care: Collection[int], wanted: NumberedPageWanted
) -> NumberedPage[Account]:
    """Give the same by page numbers, at a cost that does not grow with them."""
    if identity.is_staff:
        first_id, skipped, total = _place_of(session, wanted.offset)
        visible = Account.id >= first_id
    else:
        skipped, visible = wanted.offset, Account.id.in_({identity.account_id, *in_care})
        total = session.execute(select(func.count(Account.id)).where(visible)).scalar_one()
    rows = session.execute(
        select(Account).where(visible).order_by(Account.id).offset(skipped).limit(wanted.per_page)
    )
    return NumberedPage(items=rows.scalars().all(), total=total)


def _place_of(session: Session, offset: int) -> tuple[int, int, int]:
    """Give the first id of the block the account with so many before it lies in, how many of that
    block stand before it, and how many accounts there are in all. Beyond the last account it is the
    last block, and more than there are in it.
    """
    found = session.execute(_BLOCK_AT, {"place": offset}).first()
    if found is None:
        return 0, 0, 0
    block, before, total = found
    return block * IDS_OF_A_BLOCK, offset - before, total
