"""Asking auth_service who somebody is."""

from collections.abc import Collection, Mapping

from booking_service.domain.accounts import Account
from booking_service.errors import AccountNotFound
from shared.errors import Unavailable
from shared.http.client import ServiceAnswer, ServiceClient
from shared.time_zones import known_zone

AT_ONCE = 100


class AuthAccounts:
    """The AccountDirectory over HTTP."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def account(self, account_id: int) -> Account:
        """Give an account.

        Raises:
            AccountNotFound: nobody has one under that id.
            Unavailable: auth does not answer, or not as agreed.
        """
        answer = self._client.get(f"/internal/v1/accounts/{account_id}")
        if answer.status == 404:
            raise AccountNotFound
        return _account(_json_of(answer))

    def accounts(self, account_ids: Collection[int]) -> Mapping[int, Account]:
        """Give the accounts that exist, by id; asked for in hundreds.

        Raises:
            Unavailable: auth does not answer, or not as agreed.
        """
        found: dict[int, Account] = {}
        wanted = sorted(set(account_ids))
        for start in range(0, len(wanted), AT_ONCE):
            ids = ",".join(str(each) for each in wanted[start : start + AT_ONCE])
            answer = _json_of(self._client.get("/internal/v1/accounts", {"ids": ids}))
            items = answer.get("items")
            if not isinstance(items, list):
                raise Unavailable("auth does not answer as agreed.")
            for item in items:
                account = _account(item)
                found[account.account_id] = account
        return found


def _json_of(answer: ServiceAnswer) -> Mapping[str, object]:
    if not answer.is_success or not isinstance(answer.json, dict):
        raise Unavailable("auth does not answer as agreed.")
    return answer.json


def _account(item: object) -> Account:
    """Read an account tolerantly: only what is needed."""
    if not isinstance(item, dict):
        raise Unavailable("auth does not answer as agreed.")
    account_id, role = item.get("id"), item.get("role")
    first_name, last_name = item.get("first_name"), item.get("last_name")
    if not (
        isinstance(account_id, int)
        and isinstance(role, str)
        and isinstance(first_name, str)
        and isinstance(last_name, str)
    ):
        raise Unavailable("auth does not answer as agreed.")
    locale, version = item.get("locale"), item.get("version")
    return Account(
        account_id=account_id,
        first_name=first_name,
        last_name=last_name,
        role=role,
        locale=locale if isinstance(locale, str) else "en",
        time_zone=known_zone(item.get("time_zone")),
        version=version if isinstance(version, int) else 0,
        is_locked=item.get("is_locked") is True,
    )
