"""What a view declares beyond its arguments and its answer: what it refuses with, and the headers
it reads and answers with. `shared/http/refusals.py` describes it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from shared.errors import ServiceError
from shared.problems import Problem

View = TypeVar("View", bound=Callable[..., Any])
Refused = type[ServiceError] | Problem

_DECLARED: Final = "hearth_declared"


@dataclass(frozen=True, kw_only=True)
class Declared:
    """Everything a view declares. Names of request headers are those of `PARAMETERS`, names of
    answer headers those of `HEADERS`.
    """

    refusals: tuple[Refused, ...] = ()
    request_headers: tuple[str, ...] = ()
    answer_headers: tuple[str, ...] = ()


def declared_by(view: Callable[..., Any]) -> Declared:
    """Give what a view declares."""
    found: Declared = getattr(view, _DECLARED, Declared())
    return found


def declares(declared: Declared) -> Callable[[View], View]:
    """Add to what a view declares."""

    def decorator(view: View) -> View:
        before = declared_by(view)
        now = Declared(
            refusals=(*before.refusals, *declared.refusals),
            request_headers=(*before.request_headers, *declared.request_headers),
            answer_headers=(*before.answer_headers, *declared.answer_headers),
        )
        setattr(view, _DECLARED, now)
        return view

    return decorator


def refuses(*refusals: Refused) -> Callable[[View], View]:
    """Declare what a view refuses with, beside what follows from its access rule, its arguments
    and its other decorators. Whatever else it answers with fails the test that meets it.
    """
    return declares(Declared(refusals=refusals))
