"""Data of `profile.profile.changed.v1`."""

from typing import Any

from marshmallow import fields, post_load

from booking_service.domain.people import RememberProfile
from shared.events.reading import HeardSchema
from shared.http.fields import Identifier, WholeNumber
from shared.time_zones import known_zone


class ProfileToldSchema(HeardSchema[RememberProfile]):
    """How a person wants to be spoken to; only what is kept here is read."""

    account_id = Identifier(required=True)
    locale = fields.String(required=True)
    time_zone = fields.String(load_default=None, allow_none=True)
    version = WholeNumber(maximum=2**31 - 1, required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> RememberProfile:
        return RememberProfile(**{**data, "time_zone": known_zone(data["time_zone"])})
