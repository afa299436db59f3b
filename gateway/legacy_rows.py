"""Answering one legacy row: the checks in their order, the translation there and back.

The order: path, method, size, token, role, media type, readable body, fields; in `matching` the
token comes after the body it stands in. What the fields mean is the translation's; how a refusal
looks is the dialect's; both are only called here.
"""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
import structlog

from gateway.answers import Answer, answer_of
from gateway.authentication import refuse_with_duty
from gateway.bodies import EMPTY, ReadBody, declared_bytes, fields_of
from gateway.callers import best_locale, target_of
from gateway.dialects.accounts import ACCOUNTS
from gateway.dialects.matching import (
    MATCHING,
    is_same_origin,
    presented_token,
)
from gateway.dialects.speech import Habit, Presented
from gateway.errors import Circumstances, Fault, Refused, unavailable, unreadable_body, wrong_method
from gateway.exchange import (
    FieldRefused,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
)
from gateway.limits import Outcome
from gateway.outcomes import outcome_of
from gateway.parts import Parts, Trace
from gateway.routes import (
    LIMITS_PER_CALLER,
    BodyRule,
    LegacyMatch,
    Limit,
    Row,
    TokenRule,
)
from gateway.upstreams import UpstreamAnswer, UpstreamCall
from shared import strict_json
from shared.access_tokens import Identity

DEPRECATED_SINCE = "@1795219200"  # 2026-11-21T00:00:00Z, when the clean API took over
_ID = re.compile(r"[0-9]{1,16}")
_PARAMETER = re.compile(r"<[a-z_]+>")
_TOKEN_CODES = {
    "invalid_token": Fault.BAD_TOKEN,
    "token_expired": Fault.TOKEN_EXPIRED,
    "account_inactive": Fault.ACCOUNT_INACTIVE,
}
_ACCOUNT_UNKNOWN = frozenset({"account_not_found", "profile_not_found"})
_GATEWAY_STATUSES = frozenset({502, 503, 504})
_MAX_QUERY_MEMBERS = 50
_MAX_KEY_CHARACTERS = 128  # as services have it


@dataclass(frozen=True, kw_only=True)
class _Caller:
    """Who calls a row, as far as the row wants to know."""

    presented: Presented = field(default_factory=Presented)
    identity: Identity | None = None

    @property
    def token(self) -> str | None:
        return self.presented.token if self.identity is not None else None


class LegacyRows:
    """Answers legacy rows."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def answer(self, environ: Mapping[str, Any], match: LegacyMatch, trace: Trace) -> Answer:
        """Answer a request to a legacy URL that has a row for the gateway's upstreams.

        Raises:
            Refused: what the gateway itself refuses; the trace knows the dialect and row.
            UpstreamUnavailable: the service did not answer.
        """
        row, early = await self.chosen(environ, match, trace)
        # Another site's form must not log its visitors in as somebody else.
        trace.may_set_cookie = is_same_origin(environ, self._parts.own_origins)
        trace.idempotency_key = _idempotency_key(environ)
        if row.dialect is MATCHING:
            caller, body = await self._body_then_caller(environ, row, early, trace)
        else:
            caller, body = await self._caller_then_body(environ, match, row, early, trace)
        request = _legacy_request(environ, match, row, caller, body)
        return await self._translated(request, row, trace)

    async def chosen(
        self, environ: Mapping[str, Any], match: LegacyMatch, trace: Trace
    ) -> tuple[Row, ReadBody | Refused | None]:
        """Find the row for the method, and by the body's keys where a URL has two; give what was
        read to decide.
        """
        method = trace.method
        candidates = match.rows.get("GET" if method == "HEAD" else method)
        if not candidates:
            raise wrong_method(method, match.allowed_methods)
        fallback = candidates[-1]
        trace.take(fallback)
        if len(candidates) == 1:
            return fallback, None
        special = candidates[0]
        if special.is_chosen_without_header and environ.get("HTTP_AUTHORIZATION"):
            return fallback, None
        await self._parts.count_general(trace)  # whose narrow limit it is, the body says
        try:
            body = await self._read(environ, special, trace)
        except Refused as refused:
            return fallback, refused
        if special.chosen_when is None or not special.chosen_when(body.fields):
            return fallback, body
        trace.take(special)
        return special, body

    async def _count_before_body(self, row: Row, trace: Trace) -> None:
        """Count whom only the body will name, before it is read: by network."""
        await self._parts.count_general(trace)
        if row.limit not in LIMITS_PER_CALLER:
            await self._parts.count_limit(row.limit, trace, None)

    async def _read(self, environ: Mapping[str, Any], row: Row, trace: Trace) -> ReadBody:
        content = await self._parts.body(environ, row.size_limit, trace)
        return _fields(environ, row, content)

    async def _body_then_caller(
        self,
        environ: Mapping[str, Any],
        row: Row,
        early: ReadBody | Refused | None,
        trace: Trace,
    ) -> tuple[_Caller, ReadBody]:
        await self._count_before_body(row, trace)
        if isinstance(early, Refused):
            raise early
        body = early or await self._read(environ, row, trace)
        if row.token is TokenRule.NONE:
            return _Caller(), body
        presented = presented_token(body.fields, environ, self._parts.own_origins)
        if presented.is_ambiguous:
            raise Refused(Fault.NO_TOKEN)
        return await self._known_caller(row, presented, trace), body

    async def _caller_then_body(
        self,
        environ: Mapping[str, Any],
        match: LegacyMatch,
        row: Row,
        early: ReadBody | Refused | None,
        trace: Trace,
    ) -> tuple[_Caller, ReadBody]:
        _refuse_declared_size(environ, row)
        caller = await self._caller(environ, row, trace)
        if row.dialect is ACCOUNTS:
            _refuse_bad_path_id(match)
        if row.body is BodyRule.NOT_READ:
            return caller, EMPTY
        if isinstance(early, Refused):
            raise early
        if early is not None:
            return caller, early
        content = await self._parts.body(environ, row.size_limit, trace)
        return caller, _fields(environ, row, content)

    async def _caller(self, environ: Mapping[str, Any], row: Row, trace: Trace) -> _Caller:
        if row.token is TokenRule.NONE:
            await self._count_before_body(row, trace)
            return _Caller()
        presented = row.dialect.header_token(
            str(environ.get("HTTP_AUTHORIZATION", "")), is_basic_allowed=row.is_basic_allowed
        )
        if row.token is TokenRule.IF_GOOD:
            return await self._welcome_caller(row, presented, trace)
        if presented.is_ambiguous:
            raise Refused(Fault.BAD_TOKEN)
        return await self._known_caller(row, presented, trace)

    async def _welcome_caller(self, row: Row, presented: Presented, trace: Trace) -> _Caller:
        """Use a good token; anything else counts as none."""
        await self._parts.count_general(trace)
        identity = None
        if presented.token is not None:
            with contextlib.suppress(Refused):
                identity = await self._parts.gatekeeper.identify(presented.token)
        await self._parts.count_limit(row.limit, trace, identity)
        if identity is None:
            return _Caller()
        if identity.duty is not None:
            return _Caller()
        trace.account_id = identity.account_id
        return _Caller(presented=presented, identity=identity)

    async def _known_caller(self, row: Row, presented: Presented, trace: Trace) -> _Caller:
        if presented.credentials is not None:
            # An address with a password is a login, whatever row it comes to.
            await self._parts.count_general(trace)
            await self._parts.count_limit(Limit.LOGIN, trace, None)
            return _Caller(presented=presented)
        identity = await self._parts.identified(presented.token, trace)
        if not row.is_before_duties:
            refuse_with_duty(identity)
        if row.needs_verified_address and not identity.is_verified:
            raise Refused(Fault.NOT_VERIFIED)
        if row.roles is not None and identity.role not in row.roles:
            raise Refused(Fault.ROLE_NOT_ALLOWED)
        await self._parts.count_limit(row.limit, trace, identity)
        return _Caller(presented=presented, identity=identity)

    async def _translated(self, request: LegacyRequest, row: Row, trace: Trace) -> Answer:
        translation = row.translation
        if translation is None:
            raise Refused(Fault.UNEXPECTED)
        surroundings = Surroundings(
            now=self._parts.clock.now(),
            service_time_zone=self._parts.service_time_zone,
            public_url=self._parts.public_url,
        )
        try:
            call = translation.to_service(request, surroundings)
            answered = await self._asked(call, request, row, trace)
            if answered.status == 304:
                return _not_modified(answered)
            response = _service_response(answered)
            _refuse_gateway_faults(response, request, answered)
            _refuse_lost_account(response, request, row)
            legacy = translation.to_legacy(response, request, surroundings)
        except FieldRefused as refused:
            trace.outcome = trace.outcome or Outcome.MALFORMED
            legacy = refused.answer
        return answer_of(_with_dialect_headers(legacy, row, may_set_cookie=trace.may_set_cookie))

    async def _asked(
        self, call: ServiceRequest, request: LegacyRequest, row: Row, trace: Trace
    ) -> UpstreamAnswer:
        if row.service is None:
            raise Refused(Fault.UNEXPECTED)
        trace.upstream = row.service.value
        body, media_type = _encoded(call)
        headers = [*self._parts.own_headers(request.token, trace), ("Accept", "application/json")]
        if media_type:
            headers.append(("Content-Type", media_type))
        if call.is_internal:
            headers.append(("X-Internal-Key", self._parts.internal_key))
        headers.extend(trace.descriptive_headers)
        if row.is_done_once and trace.idempotency_key is not None:
            headers.append(("Idempotency-Key", trace.idempotency_key))
        upstream_call = UpstreamCall(
            method=call.method,
            target=target_of(call.path, urlencode(call.query)),
            headers=headers,
            body=body,
            may_be_retried=row.may_be_retried,
            caller=trace.caller,
        )
        answered = await self._parts.upstreams[row.service.value].call(upstream_call)
        trace.outcome = outcome_of(answered) if trace.entered else None
        return answered


def legacy_headers(row: Row, path_parameters: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give what legacy answers gain: that the URL is deprecated, and what follows it."""
    if row.service is None:
        return []
    path = row.successor.split(" ", 1)[1]
    identifier = next(iter(path_parameters.values()), "")
    if "<" in path and _ID.fullmatch(identifier):
        path = _PARAMETER.sub(identifier, path)
    elif "<" in path:
        path = path[: path.index("<")].rstrip("/")
    return [("Deprecation", DEPRECATED_SINCE), ("Link", f'<{path}>; rel="successor-version"')]


def _idempotency_key(environ: Mapping[str, Any]) -> str | None:
    """Give the caller's key; what could be none is ignored, as everything unknown is here."""
    key = str(environ.get("HTTP_IDEMPOTENCY_KEY", ""))
    is_one = 1 <= len(key) <= _MAX_KEY_CHARACTERS and key.isascii() and key.isprintable()
    return key if is_one else None


def _refuse_declared_size(environ: Mapping[str, Any], row: Row) -> None:
    """Check the size before the token; a chunked body's is only known by reading it."""
    length = declared_bytes(environ)
    if row.body is not BodyRule.NOT_READ and length is not None and length > row.size_limit:
        raise Refused(Fault.BODY_TOO_LARGE)


def _fields(environ: Mapping[str, Any], row: Row, content: bytes) -> ReadBody:
    content_type = str(environ.get("CONTENT_TYPE") or "")
    return fields_of(content, content_type, is_form_only=row.body is BodyRule.FORM)


def _refuse_bad_path_id(match: LegacyMatch) -> None:
    for value in match.path_parameters.values():
        if _ID.fullmatch(value) is None:
            raise Refused(Fault.BAD_PATH_ID)


def _legacy_request(
    environ: Mapping[str, Any], match: LegacyMatch, row: Row, caller: _Caller, body: ReadBody
) -> LegacyRequest:
    return LegacyRequest(
        method="HEAD" if environ.get("REQUEST_METHOD") == "HEAD" else row.methods[0],
        path=row.path,
        path_parameters=match.path_parameters,
        query=_query(str(environ.get("QUERY_STRING", ""))),
        fields=body.fields,
        files=body.files,
        accept=str(environ.get("HTTP_ACCEPT", "")),
        locale=best_locale(
            str(environ.get("HTTP_ACCEPT_LANGUAGE", "")), row.dialect.default_locale
        ),
        token=caller.token,
        identity=caller.identity,
        basic_credentials=caller.presented.credentials,
    )


def _query(query_string: str) -> dict[str, str]:
    """Read the query; of a repeated name the first counts, what is unreadable counts as absent."""
    if not query_string:
        return {}
    try:
        pairs = parse_qsl(query_string, keep_blank_values=True, max_num_fields=_MAX_QUERY_MEMBERS)
    except ValueError:
        return {}
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def _encoded(call: ServiceRequest) -> tuple[bytes | None, str]:
    if call.content is not None:
        return call.content, call.media_type or "application/octet-stream"
    if call.json is not None:
        try:
            return strict_json.dumps(call.json), "application/json"
        except TypeError as error:
            raise unreadable_body("a value cannot be written as UTF-8") from error
    return (b"" if call.method in ("POST", "PUT", "PATCH") else None), ""


def _service_response(answered: UpstreamAnswer) -> ServiceResponse:
    media_type = answered.header("Content-Type").partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or media_type.endswith("+json")
    json = None
    if is_json and answered.body:
        try:
            json = orjson.loads(answered.body)
        except ValueError as error:
            structlog.get_logger().error("unreadable_service_answer", status=answered.status)
            raise Refused(Fault.UNEXPECTED) from error
    return ServiceResponse(
        status=answered.status,
        json=json,
        content=answered.body,
        media_type=media_type,
        headers={name.lower(): value for name, value in answered.headers},
    )


def _refuse_gateway_faults(
    response: ServiceResponse, request: LegacyRequest, answered: UpstreamAnswer
) -> None:
    """Raise what every row answers alike: limits, unavailability, a token the service does not
    take, anything unexpected.
    """
    if response.status == 429:
        told = Circumstances(retry_after_seconds=_seconds(answered.header("Retry-After")))
        raise Refused(Fault.TOO_MANY_REQUESTS, told)
    if response.status in _GATEWAY_STATUSES:
        raise unavailable(_seconds(answered.header("Retry-After")))
    if response.status >= 500 or 300 <= response.status < 400:
        structlog.get_logger().error("unexpected_service_answer", status=response.status)
        raise Refused(Fault.UNEXPECTED)
    if response.code == Fault.KEY_REUSED.value:
        raise Refused(Fault.KEY_REUSED)
    if response.status == 401 and request.token is not None and response.code in _TOKEN_CODES:
        raise Refused(_TOKEN_CODES[response.code])


def _refuse_lost_account(response: ServiceResponse, request: LegacyRequest, row: Row) -> None:
    """Raise what a dead account hears where a service knows none behind a good token: it may have
    been opened after the backup that was restored.
    """
    is_about_the_caller = request.token is not None and not row.is_about_anybody
    if is_about_the_caller and response.status == 404 and response.code in _ACCOUNT_UNKNOWN:
        raise Refused(Fault.ACCOUNT_INACTIVE)


def _seconds(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def _not_modified(answered: UpstreamAnswer) -> Answer:
    kept = tuple(
        (name, value)
        for name, value in answered.headers
        if name.lower() in ("etag", "cache-control", "last-modified", "vary")
    )
    return Answer(status=304, headers=kept)


def _with_dialect_headers(legacy: LegacyAnswer, row: Row, *, may_set_cookie: bool) -> LegacyAnswer:
    """Add the challenge to a row's own 401, and take the cookie back when `matching` logs out."""
    headers = dict(legacy.headers)
    if legacy.status == 401 and row.dialect.challenge:
        headers.setdefault("WWW-Authenticate", row.dialect.challenge)
    cookie = legacy.session_cookie
    if Habit.ENDS_COOKIE in row.habits and cookie is None and _is_success(legacy):
        cookie = ""
    return replace(legacy, headers=headers, session_cookie=cookie if may_set_cookie else None)


def _is_success(legacy: LegacyAnswer) -> bool:
    return isinstance(legacy.json, dict) and legacy.json.get("status") is True
