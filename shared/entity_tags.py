"""Two editors of one thing: a tag names the state somebody has read, and a change made from an
older state is refused before it takes away what another has written meanwhile.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from shared.errors import PreconditionFailed, PreconditionRequired


def entity_tag_of(view: Any) -> str:
    """Give the tag of a view (a dataclass of plain values): alike for alike values only."""
    text = orjson.dumps(view, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class Precondition:
    """What a request says of the state it was written from: its tags; None when it says nothing,
    and `is_any` where every state that exists will do.
    """

    tags: frozenset[str] | None = None
    is_any: bool = False

    def check(self, present: Any, *, is_required: bool = False) -> None:
        """Compare with the present view (None: there is none yet), whose row the caller has locked.

        Raises:
            PreconditionRequired: nothing is said, and `is_required` for what exists.
            PreconditionFailed: it was written from another state.
        """
        if self.tags is None:
            if is_required and present is not None:
                raise PreconditionRequired
            return
        is_met = present is not None and (self.is_any or entity_tag_of(present) in self.tags)
        if not is_met:
            raise PreconditionFailed


NO_PRECONDITION = Precondition()
