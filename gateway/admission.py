"""Who is let in: the checks both halves of the gateway ask for, in one order per dialect.

The clean API and most old rows: size, token, role, limits, then the body. In `matching` the token
comes after the body it stands in. A request is counted before anything dear is done for it: by
network until somebody is known, by login session from then on.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from gateway.authentication import Gatekeeper, refuse_with_duty
from gateway.bodies import Bodies
from gateway.body_forms import EMPTY, ReadBody, fields_of
from gateway.dialects.accounts import ACCOUNTS
from gateway.dialects.clean import CLEAN
from gateway.dialects.matching import MATCHING, presented_token
from gateway.dialects.speech import Presented
from gateway.errors import Fault, Refused, wrong_method
from gateway.limits import GENERAL, Limits, refuse_until
from gateway.requests import Request
from gateway.routes import (
    FIELDS_LIMIT,
    LARGE_CLEAN_OPERATIONS,
    LIMITED_CLEAN_OPERATIONS,
    LIMITS_PER_ACCOUNT,
    LIMITS_PER_CALLER,
    LIMITS_PER_LOGIN_SESSION,
    OPEN_CLEAN_OPERATIONS,
    OPEN_DOCUMENTS,
    BodyRule,
    LegacyMatch,
    Limit,
    Row,
    TokenRule,
)
from gateway.translations.identifiers import is_path_id
from shared.access_tokens import Identity

T = TypeVar("T")
Operation = tuple[str, str]
"""A method and a path."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls an old row, as far as the row wants to know."""

    presented: Presented = field(default_factory=Presented)
    identity: Identity | None = None

    @property
    def token(self) -> str | None:
        """Give the token that was found good."""
        return self.presented.token if self.identity is not None else None


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """A request to an old URL that passed: its row, who calls, and what was read."""

    row: Row
    caller: Caller
    body: ReadBody


class Admission:
    """Lets requests in, or refuses them."""

    def __init__(
        self,
        gatekeeper: Gatekeeper,
        limits: Limits,
        bodies: Bodies,
        own_origins: frozenset[str],
    ) -> None:
        self._gatekeeper = gatekeeper
        self._limits = limits
        self._bodies = bodies
        self._own_origins = own_origins

    async def of_clean(self, request: Request, operation: Operation) -> str | None:
        """Let a request to the clean API in; give the good token it shows, if it shows one: the
        service knows whether one is needed.

        Raises:
            Refused: too large, a token that is not good, another scheme, too many requests.
        """
        size_limit = size_limit_of(operation)
        length = request.declared_bytes
        token = await self._clean_token(request, operation)
        if length is not None and length > size_limit:
            raise Refused(Fault.BODY_TOO_LARGE)
        if token is None and operation in LARGE_CLEAN_OPERATIONS:
            raise Refused(Fault.NO_TOKEN)  # before anything of it is read
        return token

    async def of_legacy(self, request: Request, match: LegacyMatch) -> Admitted:
        """Let a request to an old URL in.

        Raises:
            Refused: in the order of the dialect; the request knows its row from the method on.
        """
        row, early = await self.chosen_row(request, match)
        if row.dialect is MATCHING:
            return await self._body_then_caller(request, row, early)
        return await self._caller_then_body(request, match, row, early)

    async def chosen_row(
        self, request: Request, match: LegacyMatch
    ) -> tuple[Row, ReadBody | Refused | None]:
        """Find the row for the method, and by the body's keys where a URL has two; give what was
        read to decide, or why it could not be.

        Raises:
            Refused: a method the URL does not know, too many requests.
        """
        candidates = match.rows.get("GET" if request.method == "HEAD" else request.method)
        if not candidates:
            raise wrong_method(request.method, match.allowed_methods)
        fallback = candidates[-1]
        request.take(fallback)
        if len(candidates) == 1:
            return fallback, None
        special = candidates[0]
        if special.is_chosen_without_header and request.header("authorization"):
            return fallback, None
        await self.count_general(request)  # whose narrow limit it is, the body says
        try:
            body = await self._read(request, special)
        except Refused as refused:
            return fallback, refused
        if special.chosen_when is None or not special.chosen_when(body.fields):
            return fallback, body
        request.take(special)
        return special, body

    async def identified(self, request: Request, token: str | None) -> Identity:
        """Give who the token speaks for, counted against the general limit: by login session, or by
        network when there is no good one.

        Raises:
            Refused: no token, or one that is not good; too many requests.
        """
        if token is None:
            raise Refused(Fault.NO_TOKEN)
        identity = await self._gatekeeper.identify(token)
        request.account_id = identity.account_id
        await self.count_general(request, identity)
        return identity

    async def count_general(self, request: Request, identity: Identity | None = None) -> None:
        """Count a request against the general limit, once: by network until somebody is known, by
        login session from then on.

        Raises:
            Refused: too many requests.
        """
        key = identity.login_session_id if identity is not None else request.limited_by
        if request.counted_as is not None:
            if identity is None or request.counted_as == key:
                return
            await self._counted(self._limits.give_back, request.counted_as)
        request.counted_as = key
        room = await self._counted(self._limits.count, GENERAL, key)
        request.rooms[GENERAL] = room
        if room.seconds is not None:
            refuse_until(room.seconds)

    async def count_limit(
        self, request: Request, limit: Limit | None, identity: Identity | None
    ) -> None:
        """Count against a narrow limit, where there is one, and once: by network, or by login
        session or account where the table says so.

        Staff open accounts for others, so their number of registrations is not limited.

        Raises:
            Refused: too many requests.
        """
        if limit is None or limit in request.entered:
            return
        if limit is Limit.REGISTRATION and identity is not None and identity.is_staff:
            return
        key = request.limited_by
        if identity is not None and limit in LIMITS_PER_LOGIN_SESSION:
            key = identity.login_session_id
        elif identity is not None and limit in LIMITS_PER_ACCOUNT:
            key = f"account {identity.account_id}"
        room = await self._counted(self._limits.enter, limit, key)
        if room is not None:
            request.rooms[limit] = room
            if room.seconds is not None:
                refuse_until(room.seconds)
        request.entered[limit] = key

    async def let_go(self, request: Request) -> None:
        """Free what a request held, and count it by how it ended; called once, when its answer is
        there.
        """
        self._bodies.let_go(request)
        for limit, key in request.entered.items():
            await self._counted(self._limits.leave, limit, key, request.outcome)

    async def _clean_token(self, request: Request, operation: Operation) -> str | None:
        is_open = operation in OPEN_CLEAN_OPERATIONS or operation[1] in OPEN_DOCUMENTS
        limit = OPEN_CLEAN_OPERATIONS.get(operation) or LIMITED_CLEAN_OPERATIONS.get(operation)
        authorization = request.header("authorization")
        if is_open or not authorization:
            await self.count_general(request)
            await self.count_limit(request, limit, None)
            return None
        presented = CLEAN.header_token(authorization)
        if presented.is_ambiguous:
            raise Refused(Fault.BAD_TOKEN)
        identity = await self.identified(request, presented.token)
        await self.count_limit(request, limit, identity)
        return presented.token

    async def _body_then_caller(
        self, request: Request, row: Row, early: ReadBody | Refused | None
    ) -> Admitted:
        await self._count_before_body(request, row)
        if isinstance(early, Refused):
            raise early
        body = early or await self._read(request, row)
        if row.token is TokenRule.NONE:
            return Admitted(row=row, caller=Caller(), body=body)
        presented = presented_token(body.fields, request.headers, self._own_origins)
        if presented.is_ambiguous:
            raise Refused(Fault.NO_TOKEN)
        caller = await self._known_caller(request, row, presented)
        return Admitted(row=row, caller=caller, body=body)

    async def _caller_then_body(
        self, request: Request, match: LegacyMatch, row: Row, early: ReadBody | Refused | None
    ) -> Admitted:
        declared = request.declared_bytes
        if row.body is not BodyRule.NOT_READ and declared is not None and declared > row.size_limit:
            raise Refused(Fault.BODY_TOO_LARGE)
        caller = await self._caller(request, row)
        if row.dialect is ACCOUNTS and not all(map(is_path_id, match.path_parameters.values())):
            raise Refused(Fault.BAD_PATH_ID)
        if row.body is BodyRule.NOT_READ:
            return Admitted(row=row, caller=caller, body=EMPTY)
        if isinstance(early, Refused):
            raise early
        body = early if early is not None else await self._read(request, row)
        return Admitted(row=row, caller=caller, body=body)

    async def _read(self, request: Request, row: Row) -> ReadBody:
        content = await self._bodies.read(request, row.size_limit)
        media_type = request.header("content-type")
        return fields_of(content, media_type, is_form_only=row.body is BodyRule.FORM)

    async def _count_before_body(self, request: Request, row: Row) -> None:
        """Count whom only the body will name, before it is read: by network."""
        await self.count_general(request)
        if row.limit not in LIMITS_PER_CALLER:
            await self.count_limit(request, row.limit, None)

    async def _caller(self, request: Request, row: Row) -> Caller:
        if row.token is TokenRule.NONE:
            await self._count_before_body(request, row)
            return Caller()
        presented = row.dialect.header_token(
            request.header("authorization"), is_basic_allowed=row.is_basic_allowed
        )
        if row.token is TokenRule.IF_GOOD:
            return await self._welcome_caller(request, row, presented)
        if presented.is_ambiguous:
            raise Refused(Fault.BAD_TOKEN)
        return await self._known_caller(request, row, presented)

    async def _welcome_caller(self, request: Request, row: Row, presented: Presented) -> Caller:
        """Use a good token; anything else counts as none."""
        await self.count_general(request)
        identity = None
        if presented.token is not None:
            with contextlib.suppress(Refused):
                identity = await self._gatekeeper.identify(presented.token)
        await self.count_limit(request, row.limit, identity)
        if identity is None or identity.duty is not None:
            return Caller()
        request.account_id = identity.account_id
        return Caller(presented=presented, identity=identity)

    async def _known_caller(self, request: Request, row: Row, presented: Presented) -> Caller:
        if presented.credentials is not None:
            # An address with a password is a login, whatever row it comes to.
            await self.count_general(request)
            await self.count_limit(request, Limit.LOGIN, None)
            return Caller(presented=presented)
        identity = await self.identified(request, presented.token)
        if not row.is_before_duties:
            refuse_with_duty(identity)
        if row.needs_verified_address and not identity.is_verified:
            raise Refused(Fault.NOT_VERIFIED)
        if row.roles is not None and identity.role not in row.roles:
            raise Refused(Fault.ROLE_NOT_ALLOWED)
        await self.count_limit(request, row.limit, identity)
        return Caller(presented=presented, identity=identity)

    async def _counted(self, count: Callable[..., T], *arguments: object) -> T:
        """Count here where this process counts, beside the event loop where another host does."""
        if self._limits.may_wait:
            return await asyncio.to_thread(count, *arguments)
        return count(*arguments)


def size_limit_of(operation: Operation) -> int:
    """Give how many bytes a clean operation's body may have."""
    return LARGE_CLEAN_OPERATIONS.get(operation, FIELDS_LIMIT)
