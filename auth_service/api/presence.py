"""Asking that the person is there, not only a token of theirs: a fresh login, or the password."""

from datetime import timedelta

from sqlalchemy.orm import Session

from auth_service.api.credentials import counted_and_compared
from auth_service.domain.audit_entries import Act
from auth_service.domain.credentials import Credentials
from auth_service.domain.limits import forget_attempts
from auth_service.errors import FreshLoginRequired, PasswordIncorrect
from auth_service.queries.accounts import account_by_id
from auth_service.queries.login_sessions import opened_at
from shared.access_tokens import Identity
from shared.http.context import clock, database

FRESH = timedelta(minutes=10)


def require_presence(identity: Identity, password: str | None) -> None:
    """Refuse an act that a stolen token must not do.

    Raises:
        FreshLoginRequired: no password, and the login is older than ten minutes.
        PasswordIncorrect: the password is another one.
        TooManyRequests: too many wrong ones lately.
    """
    if password is None:
        _require_fresh_login(identity)
        return
    email = database().reading(lambda session: account_by_id(session, identity.account_id).email)
    shown = Credentials(email=email, password=password)
    counted = counted_and_compared(shown, PasswordIncorrect(), Act.EMAIL_CHANGE_REFUSED)
    database().writing(lambda session: forget_attempts(session, counted.attempt_ids))


def _require_fresh_login(identity: Identity) -> None:
    def is_fresh(session: Session) -> bool:
        began = opened_at(session, identity)
        return began is not None and clock().now() - began < FRESH

    if not database().reading(is_fresh):
        raise FreshLoginRequired
