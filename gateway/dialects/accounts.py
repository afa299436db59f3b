"""The `accounts` dialect: a bare or prefixed token (Basic at two rows), refusals `{"error": …}`."""

from gateway.dialects.speech import Dialect, Habit, with_challenge
from gateway.errors import TOKEN_FAULTS, Refused
from gateway.exchange import LegacyAnswer

_CHALLENGE = "Bearer"
_TOKEN_CHECK_TEXT = "Invalid or expired token"  # noqa: S105 - a text, not a secret


def _render(refused: Refused, habits: frozenset[Habit]) -> LegacyAnswer:
    """Render a refusal."""
    wording = refused.wording
    status = wording.accounts_status or wording.status
    text = refused.filled(wording.accounts)
    if Habit.ONE_401 in habits and refused.fault in TOKEN_FAULTS:
        text = _TOKEN_CHECK_TEXT
    headers = with_challenge(refused.headers, status, _CHALLENGE)
    return LegacyAnswer(status=status, json={"error": text}, headers=headers)


ACCOUNTS = Dialect(
    name="accounts",
    default_locale="en",
    challenge=_CHALLENGE,
    has_bare_tokens=True,
    schemes=frozenset({"token", "bearer", "jwt"}),
    render=_render,
)
