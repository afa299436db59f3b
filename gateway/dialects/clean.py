"""The clean API's way of speaking: `Authorization: Bearer`, refusals as problem documents (RFC
9457).
"""

from gateway.dialects.speech import Dialect, Habit, with_challenge
from gateway.errors import Refused
from gateway.exchange import LegacyAnswer
from shared.logs import current_correlation_id
from shared.problems import title_of, type_of

PROBLEM_TYPE = "application/problem+json"


def _render(refused: Refused, _habits: frozenset[Habit]) -> LegacyAnswer:
    status = refused.wording.status
    body = {
        "type": type_of(refused.fault.value),
        "title": title_of(refused.fault.value),
        "status": status,
        "detail": refused.filled(refused.wording.title),
        "code": refused.fault.value,
        "request_id": current_correlation_id() or "",
    }
    headers = with_challenge(refused.headers, status, "Bearer")
    return LegacyAnswer(status=status, json=body, media_type=PROBLEM_TYPE, headers=headers)


CLEAN = Dialect(
    name="clean",
    default_locale="en",
    challenge="Bearer",
    has_bare_tokens=False,
    schemes=frozenset({"bearer"}),
    render=_render,
)
