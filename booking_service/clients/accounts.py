"""Asking auth_service who somebody is."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from marshmallow import fields, post_load

from booking_service.domain.accounts import Account
from booking_service.errors import AccountNotFound
from shared.http.client import AnswerSchema, ServiceClient
from shared.http.fields import Identifier, Truth
from shared.time_zones import known_zone

AT_ONCE = 100


class _AccountSchema(AnswerSchema):
    """What is needed of an account."""

    id = Identifier(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    role = fields.String(required=True)
    locale = fields.String(load_default="en")
    time_zone = fields.String(load_default=None, allow_none=True)
    version = fields.Integer(load_default=0, strict=True)
    is_locked = Truth(load_default=False)

    @post_load
    def account(self, data: dict[str, Any], **_: object) -> Account:
        """Give the account; a zone nobody knows is none."""
        zone = known_zone(data.pop("time_zone"))
        return Account(account_id=data.pop("id"), time_zone=zone, **data)


class _AccountsSchema(AnswerSchema):
    """The accounts that exist among those asked for."""

    items = fields.List(fields.Nested(_AccountSchema), required=True)

    @post_load
    def accounts(self, data: dict[str, Any], **_: object) -> list[Account]:
        """Give the accounts alone."""
        accounts: list[Account] = data["items"]
        return accounts


_ACCOUNT: Final = _AccountSchema()
_ACCOUNTS: Final = _AccountsSchema()


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
        found: Account | None = self._client.read(f"/internal/v1/accounts/{account_id}", _ACCOUNT)
        if found is None:
            raise AccountNotFound
        return found

    def accounts(self, account_ids: Collection[int]) -> Mapping[int, Account]:
        """Give the accounts that exist, by id; asked for in hundreds.

        Raises:
            Unavailable: auth does not answer, or not as agreed.
        """
        found: dict[int, Account] = {}
        wanted = sorted(set(account_ids))
        for start in range(0, len(wanted), AT_ONCE):
            ids = ",".join(str(each) for each in wanted[start : start + AT_ONCE])
            some = self._client.read_there("/internal/v1/accounts", _ACCOUNTS, {"ids": ids})
            found |= {account.account_id: account for account in some}
        return found
