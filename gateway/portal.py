"""Passing `/app/` on to the portal, the pages for people: the one place where cookies travel.

What the pages say, and who may see them, is the portal's business; it asks the clean API like every
other client.
"""

from collections.abc import Mapping
from typing import Any

from gateway.answers import Answer
from gateway.bodies import declared_bytes
from gateway.callers import PORTAL_KEY_HEADER, passed_headers, returned_headers, target_of
from gateway.errors import Fault, Refused, wrong_method
from gateway.parts import Parts, Trace
from gateway.routes import FIELDS_LIMIT, PORTAL_METHODS, PORTAL_ROOT, PortalMatch
from gateway.upstreams import UpstreamCall


class PortalPages:
    """Has the portal answer what stands below `/app/`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def answer(self, environ: Mapping[str, Any], match: PortalMatch, trace: Trace) -> Answer:
        """Pass a page's request on and its answer back; `/app` itself leads to `/app/`.

        Raises:
            Refused: another method, a path that could be read as another, a form too large, too
                many requests.
            UpstreamUnavailable: the portal did not answer.
        """
        trace.label = trace.upstream = "portal"
        await self._parts.count_general(trace)
        if trace.method not in PORTAL_METHODS:
            raise wrong_method(trace.method, PORTAL_METHODS)
        if not match.is_plain:
            raise Refused(Fault.UNKNOWN_PATH)
        query = str(environ.get("QUERY_STRING", ""))
        if match.path == PORTAL_ROOT:
            return _led_to_root(query, trace)
        length = declared_bytes(environ)
        if length is not None and length > FIELDS_LIMIT:
            raise Refused(Fault.BODY_TOO_LARGE)
        body = (
            await self._parts.body(environ, FIELDS_LIMIT, trace) if trace.method == "POST" else None
        )
        call = UpstreamCall(
            method=trace.method,
            target=target_of(match.path, query),
            headers=self._headers(environ, trace),
            body=body,
            may_be_retried=trace.method != "POST",
            caller=trace.caller,
        )
        answered = await self._parts.portal.call(call)
        cookies = [pair for pair in answered.headers if pair[0].lower() == "set-cookie"]
        length_text = answered.header("Content-Length") if trace.method == "HEAD" else ""
        return Answer(
            status=answered.status,
            headers=(*returned_headers(answered.headers), *cookies),
            body=answered.body,
            length=int(length_text) if length_text.isdigit() else None,
        )

    def _headers(self, environ: Mapping[str, Any], trace: Trace) -> list[tuple[str, str]]:
        is_trusted = self._parts.proxies.is_trusted_peer(environ)
        headers = [
            *self._parts.own_headers(None, trace),
            *passed_headers(environ, is_trusted=is_trusted),
        ]
        if self._parts.portal_key:
            headers.append((PORTAL_KEY_HEADER, self._parts.portal_key))
        if environ.get("HTTP_COOKIE"):
            headers.append(("Cookie", str(environ["HTTP_COOKIE"])))
        return headers


def _led_to_root(query: str, trace: Trace) -> Answer:
    if trace.method == "POST":
        raise wrong_method(trace.method, ("GET", "HEAD"))
    place = target_of(f"{PORTAL_ROOT}/", query)
    return Answer(status=308, headers=(("Location", place),))
