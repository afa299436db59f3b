"""Facts about accounts: opened, changed. The data is the account's whole present state."""

from typing import Any

from auth_service.models.accounts import Account
from shared.events.envelope import Event


def account_registered(account: Account) -> Event:
    """Announce a new account."""
    return _event("auth.account.registered.v1", account)


def account_changed(account: Account) -> Event:
    """Announce the present state of an account; flush first, so that the version is the new one."""
    return _event("auth.account.changed.v1", account)


def _event(event_type: str, account: Account) -> Event:
    return Event(type=event_type, subject=f"account/{account.id}", data=_state(account))


def _state(account: Account) -> dict[str, Any]:
    return {
        "account_id": account.id,
        "email": account.email,
        "user_name": account.user_name,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "role": account.role,
        "locale": account.locale,
        "country": account.country,
        "time_zone": account.time_zone,
        "version": account.version,
        "is_verified": account.is_verified,
        "is_locked": account.is_locked,
    }
