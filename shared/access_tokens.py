"""Verifying access tokens by public key alone: gateway and services never see a private key.

Claims (all required): `iss` and `aud` "hearth", `sub` (the account id as text), `id` (the same as a
number), `role`, `sid` (login session), `verified`,
`iat`, `nbf`, `exp`, `jti`; `type`, where it stands, is "access". What is decided by is
`hearth_role`: `role` speaks the words of the dialect the token was made for, and only counts in
tokens of a release that knew no other. `duty`, where it stands, names what the caller has to do
before anything else. Algorithms: EdDSA and RS256, fixed by the key that `kid` names, never by the
token.
"""

import hashlib
import json
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import jwt

from shared.clock import Clock
from shared.errors import NotAllowed, NotAuthenticated

ISSUER = "hearth"
AUDIENCE = "hearth"
ROLES = frozenset({"client", "therapist", "moderator", "admin"})
STAFF = frozenset({"moderator", "admin"})
CHANGE_PASSWORD, SET_UP_SECOND_FACTOR = "change_password", "set_up_second_factor"
DUTIES = frozenset({CHANGE_PASSWORD, SET_UP_SECOND_FACTOR})
MAX_TOKEN_CHARACTERS = 4096
_REQUIRED = ["iss", "aud", "sub", "id", "role", "sid", "verified", "iat", "nbf", "exp", "jti"]
_ALGORITHM_OF = {"OKP": "EdDSA", "RSA": "RS256"}
_NOT_BEFORE_LEEWAY_SECONDS = 30  # clocks of two hosts differ a little
_LATEST_EXPIRY = 253_402_300_799  # the last second a datetime can say
_SHAPE = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)  # PyJWT reads padded parts, too
_REFRESH_UNKNOWN_SECONDS = 5.0
_REFRESH_ALWAYS_SECONDS = 60.0


class InvalidToken(NotAuthenticated):
    """The token is forged, unreadable, or signed with a key nobody published."""

    message = "The access token is not valid."


class TokenExpired(NotAuthenticated):
    """The token was good and its time is over."""

    message = "The access token has expired."
    remedy = "Fetch a new one by the refresh token, and send the request again."


class AccountInactive(NotAuthenticated):
    """The token's login session has ended: logged out, locked or erased. Only the gateway knows
    and says so.
    """

    message = "The account is locked or erased."


class PasswordChangeRequired(NotAllowed):
    """The caller's password is weak or known to others: nothing else goes before changing it."""

    message = "Change your password first, then log in again."
    remedy = "Change it by `PUT /api/v1/accounts/me/password`, then log in again."


class SecondFactorSetupRequired(NotAllowed):
    """Staff need a second factor here: nothing else goes before setting it up."""

    message = "Set up a second factor first, then log in again."
    remedy = (
        "Begin at `POST /api/v1/accounts/me/second-factor`; after its confirmation log in again."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who is calling, as a verified token says. `expires_at` is in seconds since the epoch; `duty`
    is one of DUTIES: what they have to do before anything else.
    """

    account_id: int
    role: str
    login_session_id: str
    is_verified: bool
    expires_at: int
    key_id: str
    duty: str | None = None

    @property
    def is_staff(self) -> bool:
        """Tell whether the caller is a moderator or an admin."""
        return self.role in STAFF


def refuse_with_duty(identity: Identity) -> None:
    """Let only callers pass who have no duty left.

    Raises:
        PasswordChangeRequired: the password has to be changed first.
        SecondFactorSetupRequired: a second factor has to be set up first.
    """
    if identity.duty == CHANGE_PASSWORD:
        raise PasswordChangeRequired
    if identity.duty == SET_UP_SECOND_FACTOR:
        raise SecondFactorSetupRequired


@dataclass(frozen=True, slots=True)
class _PublicKey:
    algorithm: str
    key: jwt.PyJWK


def _keys_from(jwks: str) -> dict[str, _PublicKey]:
    """Read a JWKS document; keys of other types or without `kid` are left out."""
    found = {}
    for entry in json.loads(jwks).get("keys", []):
        algorithm = _ALGORITHM_OF.get(entry.get("kty", ""))
        if algorithm and isinstance(entry.get("kid"), str) and "d" not in entry:
            found[entry["kid"]] = _PublicKey(algorithm, jwt.PyJWK(entry, algorithm=algorithm))
    return found


class PublicKeys:
    """The published keys by `kid`: those given at start, replaced by what `fetch` brings.

    An unknown `kid` asks `fetch` at once, at most every five seconds; otherwise it is asked in the
    background once a minute, so a withdrawn key dies.
    `fetch` returns JWKS text or raises OSError or ValueError; then the present keys stay.
    """

    def __init__(self, jwks: str, fetch: Callable[[], str] | None = None) -> None:
        self._keys = _keys_from(jwks) if jwks else {}
        self._fetch = fetch
        self._lock = threading.Lock()
        self._asked_at = -_REFRESH_ALWAYS_SECONDS
        self._refreshing = threading.Event()

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, key_id: str) -> _PublicKey | None:
        """Give the key of that id, or None when nobody publishes it."""
        found = self._keys.get(key_id)
        if found is None:
            self._refresh_at_most_every(_REFRESH_UNKNOWN_SECONDS)
            return self._keys.get(key_id)
        if time.monotonic() - self._asked_at > _REFRESH_ALWAYS_SECONDS:
            self._refresh_in_background()
        return found

    def has(self, key_id: str) -> bool:
        """Tell whether the key is still published, as far as is known now."""
        return key_id in self._keys

    def _refresh_in_background(self) -> None:
        if self._fetch is None or self._refreshing.is_set():
            return
        self._refreshing.set()

        def refresh() -> None:
            try:
                self._refresh_at_most_every(_REFRESH_ALWAYS_SECONDS)
            finally:
                self._refreshing.clear()

        threading.Thread(target=refresh, name="public-keys", daemon=True).start()

    def _refresh_at_most_every(self, seconds: float) -> None:
        if self._fetch is None:
            return
        with self._lock:
            if time.monotonic() - self._asked_at <= seconds:
                return
            try:
                keys = _keys_from(self._fetch())
            except (OSError, ValueError):
                return
            finally:
                self._asked_at = time.monotonic()
            if keys:
                self._keys = keys


class TokenVerifier:
    """Verifies tokens and remembers the verified ones by their hash until they expire or their
    key is withdrawn. Thread-safe.
    """

    def __init__(self, keys: PublicKeys, clock: Clock, *, remembered: int = 20_000) -> None:
        self.keys = keys
        self._clock = clock
        self._remembered = remembered
        self._verified: OrderedDict[bytes, Identity] = OrderedDict()
        self._lock = threading.Lock()

    def remembers(self, token: str) -> bool:
        """Tell whether verifying costs next to nothing: neither cryptography nor a question."""
        with self._lock:
            known = self._verified.get(_digest(token))
        return known is not None and self.keys.has(known.key_id)

    def verify(self, token: str) -> Identity:
        """Give who the token speaks for.

        Raises:
            InvalidToken: forged, unreadable, an unknown `kid` or another algorithm.
            TokenExpired: its time is over.
        """
        if len(token) > MAX_TOKEN_CHARACTERS or not _SHAPE.fullmatch(token):
            raise InvalidToken
        digest = _digest(token)
        with self._lock:
            known = self._verified.get(digest)
        if known is None or not self.keys.has(known.key_id):
            known = self._decode(token)
            self._remember(digest, known)
        if known.expires_at <= self._clock.now().timestamp():
            raise TokenExpired
        self.keys.find(known.key_id)  # lets a withdrawn key be noticed once a minute
        return known

    def _remember(self, digest: bytes, identity: Identity) -> None:
        with self._lock:
            self._verified[digest] = identity
            while len(self._verified) > self._remembered:
                self._verified.popitem(last=False)

    def _decode(self, token: str) -> Identity:
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            key = self.keys.find(key_id) if isinstance(key_id, str) else None
            if key is None:
                raise InvalidToken
            claims = jwt.decode(
                token,
                key.key.key,
                algorithms=[key.algorithm],
                issuer=ISSUER,
                audience=AUDIENCE,
                # the clock is ours: nbf and iat are compared below, expiry in verify(), always
                options={
                    "require": _REQUIRED,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
            identity = _identity_from(claims, str(key_id))
        except (jwt.PyJWTError, ValueError, TypeError, UnicodeError) as error:
            raise InvalidToken from error
        latest = self._clock.now().timestamp() + _NOT_BEFORE_LEEWAY_SECONDS
        if claims["nbf"] > latest or claims["iat"] > latest:
            raise InvalidToken
        return identity


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _identity_from(claims: dict[str, object], key_id: str) -> Identity:
    """Check the claims' types; a signed token of another shape is not ours."""
    account_id, login_session_id = claims["id"], claims["sid"]
    role, duty = claims.get("hearth_role", claims["role"]), claims.get("duty")
    expires_at, not_before, is_verified = claims["exp"], claims["nbf"], claims["verified"]
    is_ours = (
        type(account_id) is int
        and claims["sub"] == str(account_id)
        and isinstance(role, str)
        and role in ROLES
        and isinstance(claims["role"], str)
        and (duty is None or (isinstance(duty, str) and duty in DUTIES))
        and isinstance(login_session_id, str)
        and type(expires_at) is int
        and expires_at <= _LATEST_EXPIRY
        and type(not_before) is int
        and type(claims["iat"]) is int
        and type(is_verified) is bool
        and claims.get("type", "access") == "access"
    )
    if not is_ours:
        raise InvalidToken
    return Identity(
        account_id=account_id,  # type: ignore[arg-type] # checked above
        role=role,  # type: ignore[arg-type] # checked above
        login_session_id=login_session_id,  # type: ignore[arg-type] # checked above
        is_verified=is_verified,  # type: ignore[arg-type] # checked above
        expires_at=expires_at,  # type: ignore[arg-type] # checked above
        key_id=key_id,
        duty=duty,  # type: ignore[arg-type] # checked above
    )
