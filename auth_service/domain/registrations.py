"""Signing up without telling whether an address is known."""

from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from auth_service.domain.accounts import NewAccount, insert_account
from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.codes import FreshCode, Purpose, count_request, record_request
from auth_service.domain.limits import alone_with
from auth_service.domain.security import Security
from auth_service.events.accounts import account_registered
from auth_service.events.notices import NoticeKind, notice
from auth_service.models.accounts import Account
from auth_service.models.codes import Code
from auth_service.queries.accounts import account_with_email_for_update
from auth_service.queries.codes import code_for_update
from shared.errors import TooManyRequests
from shared.events.outbox import add_to_outbox


def sign_up(
    session: Session, new: NewAccount, fresh: FreshCode, *, security: Security, now: datetime
) -> TooManyRequests | None:
    """Open an account for an unknown address; mail a code bound to this sign-up for one that
    nobody has proved yet; tell the owner of a proved one and change nothing.

    Gives the refusal to be raised once the transaction stands when there were too many requests
    for this address: then nothing is opened or mailed, and a code mailed earlier is void, because
    it would prove an earlier sign-up than this one.

    Adds auth.account.registered.v1, auth.code.issued.v1 or auth.account.notice.v1 to the outbox.
    """
    alone_with(session, new.email)
    account = account_with_email_for_update(session, new.email)
    try:
        count_request(session, Purpose.SIGN_UP, new.email, security=security, now=now)
    except TooManyRequests as refusal:
        if account is not None and not account.is_verified:
            _supersede(session, new, account)
        return refusal
    _register(session, new, fresh, account, security=security, now=now)
    return None


def _register(
    session: Session,
    new: NewAccount,
    fresh: FreshCode,
    account: Account | None,
    *,
    security: Security,
    now: datetime,
) -> None:
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
        _tell_owner(session, account, security)
        return
    record_request(
        session, fresh, account=account, security=security, now=now, bind=partial(_bind, new)
    )


def _supersede(session: Session, new: NewAccount, account: Account) -> None:
    """Void the pending code and bind the next one to the newest sign-up: no code ever proves the
    password of an earlier stranger.
    """
    code = code_for_update(session, Purpose.SIGN_UP, new.email)
    if code is not None and code.account_id == account.id:
        code.void()
        _bind(new, code)


def _bind(new: NewAccount, code: Code) -> None:
    code.bind(new.password_hash, new.first_name, new.last_name)


def _tell_owner(session: Session, account: Account, security: Security) -> None:
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
