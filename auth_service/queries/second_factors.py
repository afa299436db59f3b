"""Reading second factors."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auth_service.models.second_factors import RecoveryCode, SecondFactor


def second_factor_of(session: Session, account_id: int) -> SecondFactor | None:
    """Give an account's second factor, confirmed or only begun."""
    return session.get(SecondFactor, account_id)


def has_second_factor(session: Session, account_id: int) -> bool:
    """Tell whether an account's second factor stands."""
    found = second_factor_of(session, account_id)
    return found is not None and found.confirmed_at is not None


def second_factor_for_update(session: Session, account_id: int) -> SecondFactor | None:
    """Give an account's second factor with its row locked, as it is now."""
    return session.get(SecondFactor, account_id, with_for_update=True, populate_existing=True)


def recovery_code_for_update(
    session: Session, account_id: int, code_hash: str
) -> RecoveryCode | None:
    """Give an unused recovery code with its row locked, as it is now."""
    return session.execute(
        select(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hash == code_hash,
            RecoveryCode.used_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def count_recovery_codes(session: Session, account_id: int) -> int:
    """Tell how many recovery codes are left."""
    found = select(func.count(RecoveryCode.id)).where(
        RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
    )
    return int(session.execute(found).scalar_one())
