"""The API's code lists in the page's language; they change with a release only, and are asked for
again after a while.
"""

import threading
from datetime import datetime, timedelta
from typing import Any

from portal.languages import language
from portal.parts import parts
from portal.visitors import ask
from shared.errors import Unavailable

KEPT = timedelta(minutes=10)


class CodeLists:
    """The lists as they came last. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, Any] = {}
        self._asked_at: datetime | None = None

    def found(self) -> dict[str, Any]:
        """Give all lists, each a list of objects with `names` by language.

        Raises:
            Unavailable: they have never come, and the API does not answer.
        """
        now = parts().clock.now()
        with self._lock:
            is_fresh = self._asked_at is not None and self._asked_at + KEPT > now
        if not is_fresh:
            answer = ask("GET", "/api/v1/code-lists")
            with self._lock:
                if answer.is_success:
                    self._found, self._asked_at = answer.json, now
        if not self._found:
            raise Unavailable
        return self._found


def options(name: str) -> list[tuple[str, str]]:
    """Give a list's codes, each with its name in the page's language."""
    return [(str(_code(each)), _named(each)) for each in parts().code_lists.found()[name]]


def names(name: str) -> dict[str, str]:
    """Give a list's names by code."""
    return dict(options(name))


def topics_by_group() -> list[tuple[str, list[tuple[str, str]]]]:
    """Give the topics below the name of their group."""
    found = parts().code_lists.found()
    return [
        (
            _named(group),
            [
                (str(topic["id"]), _named(topic))
                for topic in found["topics"]
                if topic["group"] == group["code"]
            ],
        )
        for group in found["topic_groups"]
    ]


def _code(item: dict[str, Any]) -> object:
    return item["code"] if "code" in item else item["id"]


def _named(item: dict[str, Any]) -> str:
    name: str = item["names"][language()]
    return name
