"""Texts that show nothing: blanks, and characters nobody sees. A name or an answer made only of
these says nothing, however many of them there are.
"""

import unicodedata

# Letters and symbols by their category, blank by their glyph.
_BLANK_GLYPHS = frozenset(
    "\u115f\u1160\u3164\uffa0"  # Hangul fillers
    "\u2800"  # Braille without dots
    "\ufffc"  # where an object stood
    "\U0001d159"  # a musical note without a head
    "\U00013441\U00013442"  # blanks of hieroglyphs
)
# Kept free for characters that are never shown (Default_Ignorable_Code_Point).
_KEPT_FOR_INVISIBLE = (range(0x2060, 0x2070), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000))


def is_blank(text: str) -> bool:
    """Tell whether nothing of a text is seen: it is empty, or made of blanks, control and format
    characters, fillers, and marks without a letter to stand on.
    """
    return not any(map(is_seen, text))


def is_seen(character: str) -> bool:
    """Tell whether a character shows by itself."""
    if character in _BLANK_GLYPHS:
        return False
    category = unicodedata.category(character)
    if category == "Cn":  # a later Unicode than ours: an emoji, perhaps
        return not any(ord(character) in kept for kept in _KEPT_FOR_INVISIBLE)
    return category[0] not in "ZM" and category not in ("Cc", "Cf", "Cs")
