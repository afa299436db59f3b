"""How a service's answer counts against a limit that is counted by outcome."""

from http import HTTPStatus

import orjson

from gateway.limits import Outcome
from gateway.upstreams import UpstreamAnswer

_PROVED_SO_FAR = "second_factor_required"
_MALFORMED = "invalid_request"


def outcome_of(answered: UpstreamAnswer) -> Outcome | None:
    """Tell how a call ended; None where it says nothing about the caller: too many, or trouble of
    our own.
    """
    status = answered.status
    if status < 400:
        return Outcome.ACCEPTED
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500:
        return None
    if status == HTTPStatus.UNAUTHORIZED:
        return None if _code(answered) == _PROVED_SO_FAR else Outcome.WRONG
    if status in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.BAD_REQUEST):
        return Outcome.MALFORMED if _code(answered) == _MALFORMED else Outcome.REFUSED
    return Outcome.REFUSED


def _code(answered: UpstreamAnswer) -> str:
    try:
        return str(orjson.loads(answered.body).get("code", ""))
    except (ValueError, AttributeError):
        return ""
