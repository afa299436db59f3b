"""profile_service, asked for what is the caller's own with the caller's own token."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from chat_service.domain.people import ProfileAnswer
from shared.clock import Clock
from shared.errors import Unavailable
from shared.http.client import ServiceClient
from shared.http.fields import Instant, Truth

READ_SECONDS = 0.8
_PROFILE = "/api/v1/profiles/me"
_MEMBERSHIP = "/api/v1/memberships/me"
_NOT_AS_AGREED = "profile does not answer as agreed at the moment."


class _ProfileSchema(Schema):
    """What is needed of a profile; the rest is ignored."""

    class Meta:
        """A tolerant reader."""

        unknown = EXCLUDE

    locale = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(("ru", "en", "ar"))
    )
    is_premium = Truth(required=True)
    premium_since = Instant(load_default=None, allow_none=True)


class _MembershipSchema(Schema):
    """What is needed of a membership; the rest is ignored."""

    class Meta:
        """A tolerant reader."""

        unknown = EXCLUDE

    is_premium = Truth(required=True)
    started_at = Instant(load_default=None, allow_none=True)


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
        read = self._ask(_PROFILE, _ProfileSchema(), token)
        since = self._since(read["is_premium"], read["premium_since"])
        return ProfileAnswer(locale=read["locale"], premium_since=since)

    def own_membership(self, token: str) -> ProfileAnswer:
        """Ask for the membership alone.

        Raises:
            Unavailable: no answer in time, or none that can be used.
        """
        read = self._ask(_MEMBERSHIP, _MembershipSchema(), token)
        since = self._since(read["is_premium"], read["started_at"])
        return ProfileAnswer(locale=None, premium_since=since)

    def _ask(self, path: str, schema: Schema, token: str) -> Mapping[str, Any]:
        answer = self._client.get(path, token=token)
        if not answer.is_success:
            raise Unavailable(_NOT_AS_AGREED)
        try:
            read: Mapping[str, Any] = schema.load(answer.json)
        except ValidationError as error:
            raise Unavailable(_NOT_AS_AGREED) from error
        return read

    def _since(self, is_premium: bool, since: datetime | None) -> datetime | None:
        return (since or self._clock.now()) if is_premium else None
