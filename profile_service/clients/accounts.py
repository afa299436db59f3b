"""Asking auth_service who somebody is."""

from typing import Any, Final

from marshmallow import fields, post_load, validate

from profile_service.domain.accounts import Account
from profile_service.domain.profiles import LOCALES
from shared.http.client import AnswerSchema, ServiceClient
from shared.http.fields import EmailAddress, Identifier, Truth


class _AccountSchema(AnswerSchema):
    """What is needed of an account."""

    id = Identifier(required=True)
    version = fields.Integer(load_default=0)
    email = EmailAddress(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    role = fields.String(required=True)
    is_verified = Truth(load_default=False)
    locale = fields.String(load_default="en", validate=validate.OneOf(LOCALES))
    country = fields.String(load_default=None, allow_none=True)
    time_zone = fields.String(load_default=None, allow_none=True)

    @post_load
    def account(self, data: dict[str, Any], **_: object) -> Account:
        """Give the account."""
        return Account(account_id=data.pop("id"), **data)


_ACCOUNT: Final = _AccountSchema()


class AuthAccounts:
    """The Accounts of auth_service, over HTTP."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def find(self, account_id: int) -> Account | None:
        """Give an account, or None when there is none (any more).

        Raises:
            Unavailable: no answer in time, or none that can be used.
        """
        found: Account | None = self._client.read(f"/internal/v1/accounts/{account_id}", _ACCOUNT)
        return found
