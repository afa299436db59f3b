"""Whom a token speaks for, and whether its login session still runs; asked on every request that
shows one.

Where a token stands is the dialect's business (`gateway/dialects`); the signature check is the
chassis's.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass

import orjson

from gateway.errors import Fault, Refused, unavailable
from gateway.upstreams import Upstream, UpstreamCall, UpstreamUnavailable
from shared.access_tokens import (
    CHANGE_PASSWORD,
    SET_UP_SECOND_FACTOR,
    Identity,
    InvalidToken,
    TokenExpired,
    TokenVerifier,
)
from shared.errors import Unavailable
from shared.http.ended_sessions import EndedSessions

ASK_AGAIN_SECONDS = 5.0
ASKED_AT_ONCE = 16
MAX_REASONS = 20_000


_DUTY_FAULTS = {
    CHANGE_PASSWORD: Fault.PASSWORD_CHANGE_REQUIRED,
    SET_UP_SECOND_FACTOR: Fault.SECOND_FACTOR_SETUP_REQUIRED,
}


def refuse_with_duty(identity: Identity) -> None:
    """Refuse callers who have to do something before anything else.

    Raises:
        Refused: `PASSWORD_CHANGE_REQUIRED` or `SECOND_FACTOR_SETUP_REQUIRED`.
    """
    if identity.duty is not None:
        raise Refused(_DUTY_FAULTS[identity.duty])


@dataclass(frozen=True)
class _Reason:
    """Why a login session has ended, and until when that is known."""

    fault: Fault
    until: float


class Gatekeeper:
    """Verifies a token, then asks whether its login session has ended. An unreadable store refuses:
    it is never an open door.
    """

    def __init__(
        self,
        verifier: TokenVerifier,
        ended_sessions: EndedSessions,
        auth: Upstream,
        internal_key: str,
        *,
        may_store_wait: bool,
    ) -> None:
        self._verifier = verifier
        self._ended_sessions = ended_sessions
        self._may_store_wait = may_store_wait
        self._auth = auth
        self._internal_key = internal_key
        self._reasons: OrderedDict[str, _Reason] = OrderedDict()
        self._asking = tuple(asyncio.Lock() for _ in range(ASKED_AT_ONCE))

    @property
    def has_keys(self) -> bool:
        """Tell whether there is a key to verify with."""
        return len(self._verifier.keys) > 0

    async def identify(self, token: str) -> Identity:
        """Give who the token speaks for.

        Raises:
            Refused: `BAD_TOKEN` for a forged or ended one, `TOKEN_EXPIRED`, `ACCOUNT_INACTIVE` when
                it ended because the account was locked or erased, `UNAVAILABLE` when the store of
                ended sessions cannot be read.
        """
        identity = await self._verified(token)
        await self.refuse_ended(identity)
        return identity

    async def refuse_ended(self, identity: Identity) -> None:
        """Refuse whose login session has ended.

        Raises:
            Refused: `BAD_TOKEN` or `ACCOUNT_INACTIVE`; `UNAVAILABLE` when nobody can tell.
        """
        try:
            has_ended = await self._has_ended(identity.login_session_id)
        except Unavailable as error:
            raise unavailable(error.retry_after_seconds) from error
        if has_ended:
            raise Refused(await self._why_ended(identity))

    def ended_among(self, login_session_ids: Collection[str]) -> frozenset[str]:
        """Give which of these login sessions have ended; waits, so it has no place on the loop.

        Raises:
            Refused: `UNAVAILABLE`, nobody can tell.
        """
        try:
            return self._ended_sessions.ended_among(login_session_ids)
        except Unavailable as error:
            raise unavailable(error.retry_after_seconds) from error

    async def _verified(self, token: str) -> Identity:
        """Verify a token; one that is seen for the first time is computed on, and an unknown key
        asked for, beside the event loop.
        """
        try:
            if self._verifier.remembers(token):
                return self._verifier.verify(token)
            return await asyncio.to_thread(self._verifier.verify, token)
        except TokenExpired as error:
            raise Refused(Fault.TOKEN_EXPIRED) from error
        except InvalidToken as error:
            raise Refused(Fault.BAD_TOKEN) from error

    async def _has_ended(self, login_session_id: str) -> bool:
        """Ask the store: the file of this host at once (it takes less than a thread would), another
        host beside the event loop.
        """
        if self._may_store_wait:
            return await asyncio.to_thread(self._ended_sessions.has_ended, login_session_id)
        return self._ended_sessions.has_ended(login_session_id)

    async def _why_ended(self, identity: Identity) -> Fault:
        """Tell why a login session has ended: auth_service is asked once, however often the token
        comes; without an answer it has just ended, and auth_service is asked again later.
        """
        login_session_id = identity.login_session_id
        async with self._asking[hash(login_session_id) % len(self._asking)]:
            known = self._reasons.get(login_session_id)
            if known is not None and known.until > time.monotonic():
                return known.fault
            found = await self._asked_why(identity)
            seconds = math.inf if found is not None else ASK_AGAIN_SECONDS
            reason = _Reason(found or Fault.BAD_TOKEN, time.monotonic() + seconds)
            self._remember(login_session_id, reason)
            return reason.fault

    def _remember(self, login_session_id: str, reason: "_Reason") -> None:
        self._reasons[login_session_id] = reason
        while len(self._reasons) > MAX_REASONS:
            self._reasons.popitem(last=False)

    async def _asked_why(self, identity: Identity) -> Fault | None:
        """Ask auth_service whether the account is locked or unknown; None without an answer."""
        call = UpstreamCall(
            method="GET",
            target=f"/internal/v1/accounts/{identity.account_id}",
            headers=(("X-Internal-Key", self._internal_key),),
        )
        try:
            answer = await self._auth.call(call)
        except UpstreamUnavailable:
            return None
        if answer.status == 404:
            return Fault.ACCOUNT_INACTIVE
        if answer.status != 200:
            return None
        try:
            account = orjson.loads(answer.body)
            is_inactive = account.get("is_locked") is True
        except (ValueError, AttributeError):
            return None
        return Fault.ACCOUNT_INACTIVE if is_inactive else Fault.BAD_TOKEN
