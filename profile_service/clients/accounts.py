"""Asking auth_service who somebody is."""

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from profile_service.domain.accounts import Account
from profile_service.domain.places import LOCALES
from shared.errors import Unavailable
from shared.http.client import ServiceClient
from shared.http.fields import EmailAddress

_OTHERWISE = "auth does not answer as agreed at the moment."


class _AccountSchema(Schema):
    """What is needed of an account; the rest is ignored."""

    class Meta:
        """Tolerant reader."""

        unknown = EXCLUDE

    id = fields.Integer(required=True)
    version = fields.Integer(load_default=0)
    email = EmailAddress(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    role = fields.String(required=True)
    is_verified = fields.Boolean(load_default=False)
    locale = fields.String(load_default="en", validate=validate.OneOf(LOCALES))
    country = fields.String(load_default=None, allow_none=True)
    time_zone = fields.String(load_default=None, allow_none=True)


class AuthAccounts:
    """The Accounts of auth_service, over HTTP."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def find(self, account_id: int) -> Account | None:
        """Give an account, or None when there is none (any more).

        Raises:
            Unavailable: no answer in time, or none that can be used.
        """
        answer = self._client.get(f"/internal/v1/accounts/{account_id}")
        if answer.status == 404:
            return None
        if not answer.is_success:
            raise Unavailable(_OTHERWISE)
        try:
            read = _AccountSchema().load(answer.json)
        except ValidationError as error:
            raise Unavailable(_OTHERWISE) from error
        return Account(account_id=read.pop("id"), **read)
