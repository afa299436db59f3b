"""Signing up without telling whether an address is known."""

from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from auth_service.domain.accounts import NewAccount, insert_account
from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.codes import FreshCode, record_request
from auth_service.domain.limits import NOTICE_MAILS, alone_with, has_room, note_attempt
from auth_service.domain.security import Security
from auth_service.events.accounts import account_registered
from auth_service.events.notices import NoticeKind, notice
from auth_service.models.accounts import Account
from auth_service.models.codes import Code
from auth_service.queries.accounts import account_with_email_for_update
from shared.events.outbox import add_to_outbox


def sign_up(
    session: Session, new: NewAccount, fresh: FreshCode, *, security: Security, now: datetime
) -> None:
    """Open an account for an unknown address; mail a code bound to this sign-up for one that
    nobody has proved yet; tell the owner of a proved one and change nothing.

    Adds auth.account.registered.v1, auth.code.issued.v1 or auth.account.notice.v1 to the outbox.
    """
    alone_with(session, new.email)
    account = account_with_email_for_update(session, new.email)
    if account is None:
        account = insert_account(session, new, now)
        add_to_outbox(session, account_registered(account))
        add_audit_entry(session, Act.ACCOUNT_OPENED, account_id=account.id, now=now)
        record_request(
            session, fresh, account=account, security=security, now=now, bind=Code.unbind
        )
        return
    if account.is_verified:
        record_request(session, fresh, account=None, security=security, now=now)
        _tell_owner(session, account, security=security, now=now)
        return
    record_request(
        session, fresh, account=account, security=security, now=now, bind=partial(_bind, new)
    )


def _bind(new: NewAccount, code: Code) -> None:
    code.bind(new.password_hash, new.first_name, new.last_name)


def _tell_owner(session: Session, account: Account, *, security: Security, now: datetime) -> None:
    if not has_room(session, NOTICE_MAILS, account.email, security=security, now=now):
        return
    note_attempt(session, NOTICE_MAILS, account.email, security=security, now=now)
    add_to_outbox(
        session,
        notice(
            NoticeKind.ALREADY_REGISTERED,
            email=account.email,
            account_id=account.id,
            locale=account.locale,
            recipient_key=security.recipient_key(account.email),
        ),
    )
