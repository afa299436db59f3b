"""Whom a token speaks for, and whether its login session still runs; asked on every request that
shows one.

Where a token stands is the dialect's business (`gateway/dialects`); the signature check is the
chassis's.
"""

import orjson

from gateway.errors import Fault, Refused, unavailable
from gateway.upstreams import Upstream, UpstreamCall, UpstreamUnavailable
from shared.errors import Unavailable
from shared.http.authentication import Identity, InvalidToken, TokenExpired, TokenVerifier
from shared.http.ended_sessions import EndedSessions


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
    ) -> None:
        self._verifier = verifier
        self._ended_sessions = ended_sessions
        self._auth = auth
        self._internal_key = internal_key

    @property
    def has_keys(self) -> bool:
        """Tell whether there is a key to verify with."""
        return len(self._verifier.keys) > 0

    def identify(self, token: str) -> Identity:
        """Give who the token speaks for.

        Raises:
            Refused: `BAD_TOKEN` for a forged or ended one, `TOKEN_EXPIRED`, `ACCOUNT_INACTIVE` when
                it ended because the account was locked or erased, `UNAVAILABLE` when the store of
                ended sessions cannot be read.
        """
        try:
            identity = self._verifier.verify(token)
        except TokenExpired as error:
            raise Refused(Fault.TOKEN_EXPIRED) from error
        except InvalidToken as error:
            raise Refused(Fault.BAD_TOKEN) from error
        try:
            has_ended = self._ended_sessions.has_ended(identity.login_session_id)
        except Unavailable as error:
            raise unavailable(error.retry_after_seconds) from error
        if has_ended:
            raise Refused(self._why_ended(identity))
        return identity

    def _why_ended(self, identity: Identity) -> Fault:
        """Ask auth_service whether the account is locked or unknown; without an answer the login
        session has just ended.
        """
        call = UpstreamCall(
            method="GET",
            target=f"/internal/v1/accounts/{identity.account_id}",
            headers=(("X-Internal-Key", self._internal_key),),
        )
        try:
            answer = self._auth.call(call)
        except UpstreamUnavailable:
            return Fault.BAD_TOKEN
        if answer.status == 404:
            return Fault.ACCOUNT_INACTIVE
        if answer.status != 200:
            return Fault.BAD_TOKEN
        try:
            account = orjson.loads(answer.body)
            is_inactive = account.get("is_locked") is True
        except (ValueError, AttributeError):
            return Fault.BAD_TOKEN
        return Fault.ACCOUNT_INACTIVE if is_inactive else Fault.BAD_TOKEN
