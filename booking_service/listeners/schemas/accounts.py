"""Data of `auth.account.registered.v1` and `auth.account.changed.v1`."""

from typing import Any

from marshmallow import fields, post_load

from booking_service.domain.people import RememberAccount
from shared.events.reading import HeardSchema
from shared.http.fields import Identifier, Truth, WholeNumber
from shared.time_zones import known_zone


class AccountToldSchema(HeardSchema[RememberAccount]):
    """An account's whole state; only what is kept here is read."""

    account_id = Identifier(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    role = fields.String(required=True)
    locale = fields.String(required=True)
    time_zone = fields.String(load_default=None, allow_none=True)
    version = WholeNumber(maximum=2**31 - 1, required=True)
    is_locked = Truth(load_default=False)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> RememberAccount:
        return RememberAccount(**{**data, "time_zone": known_zone(data["time_zone"])})
