"""Taking members out of a service's JSON answer with the type the clean API promises."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from gateway.exchange import JsonValue, ServiceResponse

View = Mapping[str, JsonValue]


class UnexpectedServiceAnswer(Exception):
    """A service answered something its contract does not say; the gateway answers an internal
    error.
    """


def view_of(value: JsonValue) -> View:
    """Give a JSON object."""
    if not isinstance(value, dict):
        raise UnexpectedServiceAnswer("expected an object")
    return value


def body_of(response: ServiceResponse) -> View:
    """Give the object a service answered."""
    return view_of(response.json)


def items_of(response: ServiceResponse) -> Sequence[View]:
    """Give the members of a list answer `{"items": […]}`."""
    return [view_of(each) for each in list_of(body_of(response), "items")]


def list_of(view: View, name: str) -> Sequence[JsonValue]:
    """Give a member that is an array."""
    value = view.get(name)
    if not isinstance(value, list):
        raise UnexpectedServiceAnswer(f"expected an array: {name}")
    return value


def text_of(view: View, name: str) -> str:
    """Give a member that is a string."""
    value = view.get(name)
    if not isinstance(value, str):
        raise UnexpectedServiceAnswer(f"expected a string: {name}")
    return value


def number_of(view: View, name: str) -> int:
    """Give a member that is an integer."""
    value = view.get(name)
    if type(value) is not int:
        raise UnexpectedServiceAnswer(f"expected an integer: {name}")
    return value


def instant_of(value: JsonValue) -> datetime:
    """Give an aware instant from its RFC 3339 spelling."""
    return _instant_spelled(str(value))


@lru_cache(maxsize=2**14)
def _instant_spelled(text: str) -> datetime:
    """Read an instant; kept, because lists of free hours name the same ones again and again."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnexpectedServiceAnswer("expected an instant") from error
    if instant.tzinfo is None:
        raise UnexpectedServiceAnswer("expected an instant with a zone")
    return instant
