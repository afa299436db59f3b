"""Texts that show nothing: blanks, and characters nobody sees. A name or an answer made only of
these says nothing, however many of them there are.
"""

import unicodedata

# Symbols by their category, blank by their glyph.
_BLANK_GLYPHS = frozenset(
    "\u2800"  # Braille without dots
    "\ufffc"  # where an object stood
    "\U0001d159"  # a musical note without a head
    "\U00013441\U00013442"  # blanks of hieroglyphs
)
# Default_Ignorable_Code_Point: what shows nothing, of any category, in a later Unicode too.
_IGNORABLE = (
    *(range(0x00AD, 0x00AE), range(0x034F, 0x0350), range(0x061C, 0x061D)),
    range(0x115F, 0x1161),  # fillers of Hangul, as the two below
    *(range(0x17B4, 0x17B6), range(0x180B, 0x1810), range(0x200B, 0x2010)),
    *(range(0x202A, 0x202F), range(0x2060, 0x2070), range(0x3164, 0x3165)),
    *(range(0xFE00, 0xFE10), range(0xFEFF, 0xFF00), range(0xFFA0, 0xFFA1)),
    *(range(0xFFF0, 0xFFF9), range(0x1BCA0, 0x1BCA4), range(0x1D173, 0x1D17B)),
    range(0xE0000, 0xE1000),
)


def is_blank(text: str) -> bool:
    """Tell whether nothing of a text is seen: it is empty, or made of blanks, control and format
    characters, fillers, and marks without a letter to stand on.
    """
    return not any(map(is_seen, text))


def is_seen(character: str) -> bool:
    """Tell whether a character shows by itself."""
    if character in _BLANK_GLYPHS or is_ignorable(character):
        return False
    category = unicodedata.category(character)  # Cn is a later Unicode than ours: an emoji, perhaps
    return category[0] not in "ZM" and category not in ("Cc", "Cf", "Cs")


def is_ignorable(character: str) -> bool:
    """Tell whether a character is one that shows nothing wherever it stands, a mark or a letter by
    its category or not (variation selectors, fillers, joiners).
    """
    return any(ord(character) in each for each in _IGNORABLE)
