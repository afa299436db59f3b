"""The `wellbeing` dialect: `Authorization: Token <jwt>`, refusals as `{"detail": …}`."""

from gateway.dialects.speech import Dialect, Habit, with_challenge
from gateway.errors import Fault, Refused
from gateway.exchange import LegacyAnswer

_CHALLENGE = "Token"


def _render(refused: Refused, _habits: frozenset[Habit]) -> LegacyAnswer:
    status = refused.wording.status
    text = refused.filled(refused.wording.wellbeing)
    body: dict[str, object] = {"detail": text}
    if refused.fault is Fault.NO_OBJECT:
        body = {"non_field_errors": [text]}
    headers = with_challenge(refused.headers, status, _CHALLENGE)
    return LegacyAnswer(status=status, json=body, headers=headers)


WELLBEING = Dialect(
    name="wellbeing",
    default_locale="en",
    challenge=_CHALLENGE,
    has_bare_tokens=False,
    schemes=frozenset({"token", "bearer", "jwt"}),
    render=_render,
)
