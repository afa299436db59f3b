"""Answering old URLs: the translation there and back. What the fields mean is the translation's,
how a refusal looks the dialect's, who may call is decided before; all are only called here.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, urlencode

import orjson
import structlog

from gateway.admission import Admitted
from gateway.answers import Answer, answer_of
from gateway.callers import best_locale, own_headers, target_of
from gateway.dialects.matching import is_same_origin
from gateway.dialects.speech import Habit
from gateway.errors import Circumstances, Fault, Refused, unavailable, unreadable_body
from gateway.exchange import (
    FieldRefused,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.limits import Outcome
from gateway.outcomes import outcome_of
from gateway.parts import Parts
from gateway.requests import Request
from gateway.routes import LegacyMatch, Row
from gateway.translations.identifiers import is_path_id
from gateway.upstreams import UpstreamAnswer, UpstreamCall
from shared import strict_json

DEPRECATED_SINCE = "@1795219200"  # 2026-11-21T00:00:00Z, when the clean API took over
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
_MAX_DESCRIPTIVE_CHARACTERS = 512
_DESCRIPTIVE: Final = ("User-Agent",)
_DESCRIPTIVE_FOR_READING: Final = (*_DESCRIPTIVE, "If-None-Match")


class LegacyRows:
    """Answers legacy rows."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def answer(self, request: Request, match: LegacyMatch) -> Answer:
        """Answer a request to a legacy URL that has a row for the gateway's upstreams.

        Raises:
            Refused: what the gateway itself refuses; the request knows the dialect and row.
            UpstreamUnavailable: the service did not answer.
        """
        admitted = await self._parts.admission.of_legacy(request, match)
        translation = admitted.row.translation
        if translation is None:
            raise Refused(Fault.UNEXPECTED)
        legacy = _legacy_request(request, match, admitted)
        surroundings = Surroundings(
            now=self._parts.clock.now(),
            service_time_zone=self._parts.service_time_zone,
            public_url=self._parts.public_url,
        )
        try:
            call = translation.to_service(legacy, surroundings)
            answered = await self._asked(call, request, admitted)
            with _let_go_where_refused(answered):
                answer = _translated_back(answered, translation, legacy, surroundings, admitted.row)
        except FieldRefused as refused:
            request.outcome = request.outcome or Outcome.MALFORMED
            return self._spelled(request, refused.answer, admitted.row)
        return _with_rest(self._spelled(request, answer, admitted.row), answered)

    def _spelled(self, request: Request, answer: LegacyAnswer, row: Row) -> Answer:
        # Another site's form must not log its visitors in as somebody else.
        may_set_cookie = is_same_origin(request.headers, self._parts.own_origins)
        return answer_of(_with_dialect_headers(answer, row, may_set_cookie=may_set_cookie))

    async def _asked(
        self, call: ServiceRequest, request: Request, admitted: Admitted
    ) -> UpstreamAnswer:
        row = admitted.row
        if row.service is None:
            raise Refused(Fault.UNEXPECTED)
        request.upstream = row.service.value
        body, media_type = _encoded(call)
        headers = [
            *own_headers(request, admitted.caller.token),
            ("Accept", "application/json"),
            *_descriptive_headers(request),
        ]
        if media_type:
            headers.append(("Content-Type", media_type))
        if call.is_internal:
            headers.append(("X-Internal-Key", self._parts.internal_key))
        key = _idempotency_key(request)
        if row.is_done_once and key is not None:
            headers.append(("Idempotency-Key", key))
        upstream_call = UpstreamCall(
            method=call.method,
            target=target_of(call.path, urlencode(call.query)),
            headers=headers,
            body=body,
            may_be_retried=row.may_be_retried,
            may_come_in_pieces=row.is_passed_back and request.method == "GET",
            caller=request.caller,
        )
        answered = await self._parts.upstreams[row.service.value].call(upstream_call)
        request.outcome = outcome_of(answered) if request.entered else None
        return answered


@contextmanager
def _let_go_where_refused(answered: UpstreamAnswer) -> Iterator[None]:
    """Take no more of an answer of which nothing is passed back."""
    try:
        yield
    except BaseException:
        if answered.rest is not None:
            answered.rest.close()
        raise


def _translated_back(
    answered: UpstreamAnswer,
    translation: Translation,
    legacy: LegacyRequest,
    surroundings: Surroundings,
    row: Row,
) -> LegacyAnswer:
    if answered.status == 304:
        return _not_modified(answered)
    response = _service_response(answered)
    _refuse_gateway_faults(response, legacy, answered)
    _refuse_lost_account(response, legacy, row)
    return translation.to_legacy(response, legacy, surroundings)


def _with_rest(answer: Answer, answered: UpstreamAnswer) -> Answer:
    """Give the answer with what is still to come of the service's own, where it begins as that."""
    if answered.rest is None:
        return answer
    if answer.body is not answered.body:
        answered.rest.close()
        return answer
    length = answered.header("Content-Length")
    return replace(answer, pieces=answered.rest, length=int(length) if length.isdigit() else None)


def legacy_headers(row: Row, path_parameters: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give what legacy answers gain: that the URL is deprecated, and what follows it."""
    if row.service is None:
        return []
    path = row.successor.split(" ", 1)[1]
    identifier = next(iter(path_parameters.values()), "")
    if "<" in path and is_path_id(identifier):
        path = _PARAMETER.sub(identifier, path)
    elif "<" in path:
        path = path[: path.index("<")].rstrip("/")
    return [("Deprecation", DEPRECATED_SINCE), ("Link", f'<{path}>; rel="successor-version"')]


def _descriptive_headers(request: Request) -> list[tuple[str, str]]:
    """Give what a row's service may know about the caller's program, and for a GET what the caller
    has already.
    """
    return [
        (name, request.header(name.lower())[:_MAX_DESCRIPTIVE_CHARACTERS])
        for name in (_DESCRIPTIVE_FOR_READING if request.is_reading else _DESCRIPTIVE)
        if request.header(name.lower())
    ]


def _idempotency_key(request: Request) -> str | None:
    """Give the caller's key; what could be none is ignored, as everything unknown is here."""
    key = request.header("idempotency-key")
    is_one = 1 <= len(key) <= _MAX_KEY_CHARACTERS and key.isascii() and key.isprintable()
    return key if is_one else None


def _legacy_request(request: Request, match: LegacyMatch, admitted: Admitted) -> LegacyRequest:
    row, caller = admitted.row, admitted.caller
    return LegacyRequest(
        method="HEAD" if request.method == "HEAD" else row.methods[0],
        path=row.path,
        path_parameters=match.path_parameters,
        query=_query(request.query),
        fields=admitted.body.fields,
        files=admitted.body.files,
        accept=request.header("accept"),
        locale=best_locale(request.header("accept-language"), row.dialect.default_locale),
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


def _not_modified(answered: UpstreamAnswer) -> LegacyAnswer:
    kept = {
        name: value
        for name, value in answered.headers
        if name.lower() in ("etag", "cache-control", "last-modified", "vary")
    }
    return LegacyAnswer(status=304, content=b"", headers=kept)


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
