"""Passing `/app/` on to the portal, the pages for people: the one place where cookies travel.

What the pages say, and who may see them, is the portal's business; it asks the clean API like every
other client.
"""

from gateway.answers import Answer
from gateway.callers import (
    PORTAL_KEY_HEADER,
    own_headers,
    passed_headers,
    returned_headers,
    target_of,
)
from gateway.errors import Fault, Refused, wrong_method
from gateway.parts import Parts
from gateway.requests import Request
from gateway.routes import FIELDS_LIMIT, PORTAL_METHODS, PORTAL_ROOT, PortalMatch
from gateway.upstreams import UpstreamCall


class PortalPages:
    """Has the portal answer what stands below `/app/`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def answer(self, request: Request, match: PortalMatch) -> Answer:
        """Pass a page's request on and its answer back; `/app` itself leads to `/app/`.

        Raises:
            Refused: another method, a path that could be read as another, a form too large, too
                many requests.
            UpstreamUnavailable: the portal did not answer.
        """
        request.label = request.upstream = "portal"
        await self._parts.admission.count_general(request)
        if request.method not in PORTAL_METHODS:
            raise wrong_method(request.method, PORTAL_METHODS)
        if not match.is_plain:
            raise Refused(Fault.UNKNOWN_PATH)
        if match.path == PORTAL_ROOT:
            return _led_to_root(request)
        request.refuse_more_than(FIELDS_LIMIT)
        body = None
        if request.method == "POST":
            body = await self._parts.bodies.read(request, FIELDS_LIMIT)
        call = UpstreamCall(
            method=request.method,
            target=target_of(match.path, request.query),
            headers=self._headers(request),
            body=body,
            may_be_retried=request.method != "POST",
            caller=request.caller,
        )
        answered = await self._parts.portal.call(call)
        cookies = [pair for pair in answered.headers if pair[0].lower() == "set-cookie"]
        length_text = answered.header("Content-Length") if request.method == "HEAD" else ""
        return Answer(
            status=answered.status,
            headers=(*returned_headers(answered.headers), *cookies),
            body=answered.body,
            length=int(length_text) if length_text.isdigit() else None,
        )

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        headers = [
            *own_headers(request, None),
            *passed_headers(request, self._parts.proxies),
        ]
        if self._parts.portal_key:
            headers.append((PORTAL_KEY_HEADER, self._parts.portal_key))
        if request.header("cookie"):
            headers.append(("Cookie", request.header("cookie")))
        return headers


def _led_to_root(request: Request) -> Answer:
    if request.method == "POST":
        raise wrong_method(request.method, ("GET", "HEAD"))
    place = target_of(f"{PORTAL_ROOT}/", request.query)
    return Answer(status=308, headers=(("Location", place),))
