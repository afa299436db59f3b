"""Telling the owner of an account by mail what happened to it."""

from sqlalchemy.orm import Session

from auth_service.domain.security import Security
from auth_service.events.notices import NoticeKind, notice
from auth_service.models.accounts import Account
from shared.events.outbox import add_to_outbox


def tell_owner(session: Session, account: Account, kind: NoticeKind, security: Security) -> None:
    """Add auth.account.notice.v1 of a kind that needs no link of its own to the outbox."""
    add_to_outbox(
        session,
        notice(
            kind,
            email=account.email,
            account_id=account.id,
            locale=account.locale,
            recipient_key=security.recipient_key(account.email),
        ),
    )
