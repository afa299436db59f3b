"""Telling user names apart as people do: by how they look, without case. Names that look alike have
one key (skeletons of UTS 39, with the confusables Unicode publishes), whatever scripts they are of.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from shared.blank_texts import is_ignorable, is_seen

LOOK_CHARACTERS = 256
_WIDE_FILLERS = str.maketrans("\u3164\uffa0", "  ")  # ignorable by rule, shown as a blank
_MARKS = "\u200e\u200f"  # the published table has them around some right-to-left letters


def look_of(user_name: str) -> str:
    """Give what names that look alike have in common, at most LOOK_CHARACTERS. A letter may look
    like another one as it stands, small or as a capital, so it is looked at three times. What
    nobody sees counts for nothing.
    """
    shown = user_name.translate(_WIDE_FILLERS)
    small = _skeleton(unicodedata.normalize("NFKC", shown)).casefold()
    look = _skeleton(_skeleton(small).upper()).casefold()
    return look if len(look) <= LOOK_CHARACTERS else hashlib.sha256(look.encode()).hexdigest()


def _skeleton(text: str) -> str:
    prototypes = _prototypes()
    shown = "".join(map(_shown, unicodedata.normalize("NFD", text)))
    alike = "".join(prototypes.get(each, each) for each in shown)
    return " ".join(unicodedata.normalize("NFD", alike).split())


def _shown(character: str) -> str:
    """Give what is seen of a character: itself, a blank, or nothing."""
    if is_ignorable(character):
        return ""
    if is_seen(character) or unicodedata.category(character)[0] == "M":
        return character
    return "" if unicodedata.category(character)[0] == "C" else " "


@cache
def _prototypes() -> dict[str, str]:
    """Give what stands for each character that looks like others: the least of them, or where
    several together look like it (`rn` like `m`), these. Read once, when first asked.
    """
    groups = list(_groups_that_look_alike())
    single = {each: _least(group) for group in groups for each in group if len(each) == 1}
    found = dict(single)
    for group in groups:
        several = [each for each in group if len(each) > 1]
        if several:
            spelled = "".join(single.get(each, each) for each in min(several))
            found |= {each: spelled for each in group if len(each) == 1}
    return found


def _groups_that_look_alike() -> Iterator[set[str]]:
    # not at the top: the table is a megabyte, and most processes never ask
    from confusable_homoglyphs.confusables import (  # type: ignore[import-untyped] # ships no types
        confusables_data,
    )

    grouped: set[str] = set()
    for start in confusables_data:
        waiting, group = [start], set[str]()
        while waiting:
            each = waiting.pop()
            if each not in grouped:
                grouped.add(each)
                group.add(each.strip(_MARKS))
                waiting += [other["c"] for other in confusables_data.get(each, ())]
        if group:
            yield group - {""}


def _least(group: Iterable[str]) -> str:
    return min((each for each in group if len(each) == 1), default="")
