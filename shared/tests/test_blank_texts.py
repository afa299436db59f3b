"""Texts that show nothing are blank; texts that show anything are not."""

import unicodedata

import pytest

from shared.blank_texts import is_blank

BLANK = [
    "",
    " ",
    "\t\r\n\x0b\x1f\x7f\x85",
    "\u00a0\u2003\u202f\u3000\u1680\u2028",
    "\u200b",
    "\u2800",
    "\u3164",
    "\u115f\u1160\uffa0",
    "\u00ad",
    "\ufeff",
    "\u200c\u200d\u200e\u200f\u061c",
    "\u202a\u202e\u2060\u2061\u2064\u2066\u2069\u206f\u2065",
    "\u034f",
    "\u180b\u180e\u180f",
    "\u17b4\u17b5",
    "\ufe00\ufe0f\U000e0100\U000e01ef",
    "\U000e0001\U000e0041\U000e007f\U000e0fff",
    "\ufff0\ufff8\ufff9\ufffb\ufffc",
    "\u0301\u0308\u20dd",
    "\U0001d159\U0001d173\U0001bca0",
    "\U00013441\U00013442",
    " \u200b\u2800 \u3164\u0301",
]


@pytest.mark.parametrize("text", BLANK)
def test_a_text_of_which_nothing_is_seen_is_blank(text):
    assert is_blank(text)
    assert is_blank(text * 3)
    assert not is_blank(f"{text}a{text}")


@pytest.mark.parametrize(
    "text",
    [
        *(".", "0", "a", "é", "e\u0301", "ё", "؟", "…", "\u00ad-", "\ue000"),
        *("محمد", "می\u200cخواهم", "李", "한", "ㄱ", "ไทย", "हिन्दी"),
        *("👩\u200d👩\u200d👧", "❤\ufe0f", "1\ufe0f\u20e3", "\U0001fae8"),
    ],
)
def test_a_text_of_which_anything_is_seen_is_not(text):
    assert not is_blank(text)


def test_no_letter_or_digit_of_a_living_script_counts_as_blank():
    fillers = {0x115F, 0x1160, 0x3164, 0xFFA0, 0x13441, 0x13442}
    blank = {
        number
        for number in range(0x110000)
        if unicodedata.category(chr(number))[0] in "LN" and is_blank(chr(number))
    }
    assert blank <= fillers
