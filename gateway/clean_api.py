"""Passing the clean API on to the services that own it, whole or in pieces, and their answers
back.
"""

from gateway.admission import size_limit_of
from gateway.answers import Answer
from gateway.callers import own_headers, passed_headers, returned_headers, target_of
from gateway.errors import Fault, Refused, wrong_method
from gateway.outcomes import outcome_of
from gateway.parts import Parts
from gateway.requests import Request
from gateway.routes import CLEAN_METHODS, PassingMatch
from gateway.upstreams import UpstreamAnswer, UpstreamCall

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class CleanApi:
    """Has the services answer what stands below `/api/v1`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def answer(self, request: Request, match: PassingMatch) -> Answer:
        """Pass an operation on to its service and the answer back.

        Raises:
            Refused: what the gateway itself refuses.
            UpstreamUnavailable: the service did not answer.
        """
        request.label = request.upstream = match.service.value
        if request.method == "OPTIONS":
            return self._parts.finisher.preflight(CLEAN_METHODS)
        if request.method not in CLEAN_METHODS:
            raise wrong_method(request.method, CLEAN_METHODS)
        operation = ("GET" if request.method == "HEAD" else request.method, match.path)
        token = await self._parts.admission.of_clean(request, operation)
        content = await self._parts.bodies.read(request, size_limit_of(operation))
        call = UpstreamCall(
            method=request.method,
            target=target_of(match.path, request.query),
            headers=[
                *own_headers(request, token),
                *passed_headers(request, self._parts.proxies),
            ],
            body=content if content or request.method in _WITH_BODY else None,
            may_be_retried=request.is_reading,
            may_come_in_pieces=request.method == "GET",
            caller=request.caller,
        )
        answered = await self._parts.upstreams[match.service.value].call(call)
        request.outcome = outcome_of(answered) if request.entered else None
        if 300 <= answered.status < 400 and not request.is_reading:
            raise Refused(Fault.UNEXPECTED)  # nothing but GET ever redirects
        return _passed_back(answered, is_head=request.method == "HEAD")


def _passed_back(answered: UpstreamAnswer, *, is_head: bool) -> Answer:
    is_announced = is_head or answered.rest is not None
    length = answered.header("Content-Length") if is_announced else ""
    return Answer(
        status=answered.status,
        headers=tuple(returned_headers(answered.headers)),
        body=answered.body,
        length=int(length) if length.isdigit() else None,
        pieces=answered.rest,
    )
