"""profile_service, asked for what is the caller's own with the caller's own token."""

from datetime import datetime
from typing import Final

from marshmallow import fields, validate

from chat_service.domain.people import ProfileAnswer
from shared.clock import Clock
from shared.http.client import AnswerSchema, ServiceClient
from shared.http.fields import Instant, Truth

READ_SECONDS = 0.8
_PROFILE = "/api/v1/profiles/me"
_MEMBERSHIP = "/api/v1/memberships/me"


class _ProfileSchema(AnswerSchema):
    """What is needed of a profile."""

    locale = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(("ru", "en", "ar"))
    )
    is_premium = Truth(required=True)
    premium_since = Instant(load_default=None, allow_none=True)


class _MembershipSchema(AnswerSchema):
    """What is needed of a membership."""

    is_premium = Truth(required=True)
    started_at = Instant(load_default=None, allow_none=True)


_OWN_PROFILE: Final = _ProfileSchema()
_OWN_MEMBERSHIP: Final = _MembershipSchema()


class ProfileServiceProfiles:
    """Asks profile_service."""

    def __init__(self, client: ServiceClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def own_profile(self, token: str) -> ProfileAnswer:
        """Ask for language and membership of whom the token speaks for.

        Raises:
            Unavailable: no answer in time, or none that can be used.
        """
        read = self._client.read_there(_PROFILE, _OWN_PROFILE, token=token)
        since = self._since(read["is_premium"], read["premium_since"])
        return ProfileAnswer(locale=read["locale"], premium_since=since)

    def own_membership(self, token: str) -> ProfileAnswer:
        """Ask for the membership alone.

        Raises:
            Unavailable: no answer in time, or none that can be used.
        """
        read = self._client.read_there(_MEMBERSHIP, _OWN_MEMBERSHIP, token=token)
        since = self._since(read["is_premium"], read["started_at"])
        return ProfileAnswer(locale=None, premium_since=since)

    def _since(self, is_premium: bool, since: datetime | None) -> datetime | None:
        return (since or self._clock.now()) if is_premium else None
