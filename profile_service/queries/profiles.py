"""Reading profiles."""

from typing import Any

from sqlalchemy import BigInteger, Row, bindparam, cast, select
from sqlalchemy.orm import Session

from profile_service.models.accounts import KnownAccount
from profile_service.models.memberships import Membership
from profile_service.models.profiles import Profile
from profile_service.models.progress import KnownProgress

_PERSON = select(cast(bindparam("account_id"), BigInteger).label("account_id")).subquery()
_EVERYTHING = (
    select(
        KnownAccount.account_id.label("known_id"),
        KnownAccount.version,
        KnownAccount.email,
        KnownAccount.first_name,
        KnownAccount.last_name,
        KnownAccount.role,
        KnownAccount.locale.label("known_locale"),
        KnownAccount.is_verified,
        Profile.account_id.label("profile_id"),
        Profile.birth_date,
        Profile.gender,
        Profile.specialty,
        Profile.locale,
        Profile.country,
        Profile.time_zone,
        Profile.has_account_values,
        Membership.started_at,
        KnownProgress.completed_stages,
        KnownProgress.ratio,
        KnownProgress.total_answers,
    )
    .select_from(_PERSON)
    .outerjoin(KnownAccount, KnownAccount.account_id == _PERSON.c.account_id)
    .outerjoin(Profile, Profile.account_id == _PERSON.c.account_id)
    .outerjoin(Membership, Membership.account_id == _PERSON.c.account_id)
    .outerjoin(KnownProgress, KnownProgress.account_id == _PERSON.c.account_id)
)


def everything_about(session: Session, account_id: int) -> Row[Any]:
    """Read a person's rows of four tables at once, since every look at a profile needs them all;
    the columns of one that is not there are null, and so are `known_id` and `profile_id`.
    """
    wanted = {"account_id": account_id}
    return session.execute(_EVERYTHING, wanted).one()  # type: ignore[return-value] # the library spells rows column by column


def profile_for_update(session: Session, account_id: int) -> Profile:
    """Give a person's profile, locked; it must be there."""
    wanted = select(Profile).where(Profile.account_id == account_id).with_for_update()
    return session.execute(wanted).scalar_one()
