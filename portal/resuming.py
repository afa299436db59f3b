"""What somebody typed while their login session ended: the login carries it along, so that nothing
is lost. It stands in the page alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import g, request

from portal.own_paths import noun_of_form

_PATH = "typed-path"
_PREFIX = "typed-value-"
# Texts that are shown again; what else a form has was chosen, not written.
_WRITTEN = ("text", "reason", "more_reasons")
# Forms about the login itself, and those with what is kept nowhere: they are begun again.
_NOT_CARRIED = frozenset(
    {"login_sessions", "languages", "live", "second_factors", "payment_methods", None}
)


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A form that could not be sent: where it goes, and its fields without passwords."""

    path: str
    values: Mapping[str, str] = field(repr=False)

    @property
    def fields(self) -> dict[str, str]:
        """Give the hidden fields of the login form that carry it."""
        named = {_PREFIX + name: value for name, value in self.values.items()}
        return {_PATH: self.path, **named}

    @property
    def texts(self) -> list[str]:
        """Give what was written by hand."""
        return [self.values[name] for name in _WRITTEN if self.values.get(name, "").strip()]


def typed_meanwhile() -> Typed | None:
    """Give the form that is answered now, when it is one of our own pages' and worth keeping."""
    form = g.get("form")
    if request.method != "POST" or form is None or not form.is_ours:
        return None
    if request.blueprint in _NOT_CARRIED:
        return None
    values = {name: value for name, value in form.values.items() if "password" not in name}
    return Typed(path=request.path, values=values)


def typed_before(values: Mapping[str, str]) -> Typed | None:
    """Read what a login form carried along."""
    path = values.get(_PATH, "")
    noun = noun_of_form(path)
    if not noun or noun in _NOT_CARRIED:
        return None
    carried = {
        name.removeprefix(_PREFIX): value
        for name, value in values.items()
        if name.startswith(_PREFIX)
    }
    return Typed(path=path, values=carried)
