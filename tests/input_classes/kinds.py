"""The kinds of fields, and what each class of input means to them: refused (and why), kept
exactly, or accepted. Nothing here knows a row or how a refusal looks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from tests.input_classes.classes import VALID_IN_DIGITS, VALUES, Input


class Outcome(Enum):
    """What becomes of a value."""

    # refused, and why
    MISSING = auto()
    NULL = auto()
    TYPE = auto()
    BLANK = auto()
    BAD = auto()
    LONG = auto()
    NOBODY = auto()  # a number, but nobody's or out of range
    WRONG = auto()  # well-formed, but not the right secret or address
    UNREADABLE = auto()  # the body as a whole
    NO_SUCH_URL = auto()
    PARENT_URL = auto()  # with an empty last segment the path is another one
    # accepted
    KEPT = auto()  # and given back exactly
    TAKEN = auto()
    OPEN = auto()  # the contract leaves it open: accepted, or refused in form


ACCEPTED = frozenset({Outcome.KEPT, Outcome.TAKEN})
O, I = Outcome, Input  # noqa: E741 - short, so that the tables below can be read as tables

TYPED_INPUTS = (I.INTEGER, I.BOOLEAN, I.FRACTION, I.WHOLE_FRACTION, I.LIST, I.OBJECT)
NUMBER_INPUTS = (I.NEGATIVE, I.OVER_31_BITS, I.ZERO)
TEXT_INPUTS = (
    I.EMOJI, I.QUOTE, I.HTML, I.FORMAT, I.DOTS, I.CRLF, I.RIGHT_TO_LEFT, I.BIDI_OVERRIDE,
)  # fmt: skip
STRING_INPUTS = (*TEXT_INPUTS, I.STRING)

_EVERYWHERE: Mapping[Input, Outcome] = {
    I.MISSING: O.MISSING,
    I.NULL: O.NULL,
    I.OVER_63_BITS: O.UNREADABLE,
    I.TEN_TO_THE_30: O.UNREADABLE,
    I.NOT_A_NUMBER: O.UNREADABLE,
    I.CUT_BODY: O.UNREADABLE,
    I.EMPTY: O.BLANK,
    I.BLANK: O.BLANK,
    I.TOO_LONG: O.LONG,
    I.NUL: O.BAD,
    I.LONE_SURROGATE: O.BAD,
}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of field: the outcome of every class, and the classes it spells in its own way.

    `meaning` is what a kept value is shown as: an address in lower case, a number as a number.
    """

    name: str
    outcomes: Mapping[Input, Outcome]
    spelled: Mapping[Input, object] = field(default_factory=dict)
    meaning: Callable[[object], object] = lambda value: value

    def __post_init__(self) -> None:
        missing = set(Input) - self.outcomes.keys()
        assert not missing, f"{self.name} says nothing about {missing}"

    def value(self, kind: Input) -> object:
        """Give the value of a class."""
        return self.spelled.get(kind, VALUES[kind])

    def but(
        self,
        changes: Mapping[Input, Outcome] | None = None,
        *,
        name: str | None = None,
        spelled: Mapping[Input, object] | None = None,
    ) -> "Kind":
        """Give the kind with some outcomes changed."""
        return replace(
            self,
            name=name or self.name,
            outcomes={**self.outcomes, **(changes or {})},
            spelled={**self.spelled, **(spelled or {})},
        )


def _whole(value: object) -> object:
    return int(str(value))


def _wholes(value: object) -> object:
    return [int(str(each)) for each in (value if isinstance(value, list) else [value])]


def _truth(value: object) -> object:
    return str(value).lower() in ("true", "1")


def _all(inputs: tuple[Input, ...], outcome: Outcome) -> dict[Input, Outcome]:
    return dict.fromkeys(inputs, outcome)


OPTIONAL: Mapping[Input, Outcome] = {I.MISSING: O.TAKEN, I.NULL: O.TAKEN}

NAME = Kind(
    name="a name of 1 to 128 characters",
    outcomes={
        **_EVERYWHERE,
        **_all(TYPED_INPUTS, O.TYPE),
        **_all(NUMBER_INPUTS, O.TYPE),
        **_all(STRING_INPUTS, O.KEPT),
        I.CRLF: O.BAD,
        I.BIDI_OVERRIDE: O.BAD,
        I.DIGITS: O.KEPT,
    },
    spelled={I.TOO_LONG: "x" * 129},
)
TEXT = NAME.but(
    {I.CRLF: O.KEPT, I.BIDI_OVERRIDE: O.KEPT},
    name="a text, kept as sent",
    spelled={I.TOO_LONG: "x" * 4001},
)
ADDRESS = Kind(
    name="an e-mail address",
    outcomes={
        **_EVERYWHERE,
        **_all(TYPED_INPUTS, O.TYPE),
        **_all(NUMBER_INPUTS, O.TYPE),
        **_all(STRING_INPUTS, O.BAD),
        I.TOO_LONG: O.BAD,
        I.DIGITS: O.BAD,
        I.QUOTE: O.KEPT,
        I.FORMAT: O.KEPT,
    },
    spelled={
        I.TOO_LONG: "x" * 60 + "@" + ".".join(["y" * 60] * 3) + ".hearth.example",
        I.NUL: "nul\x00@hearth.example",
        I.LONE_SURROGATE: "lone\ud800@hearth.example",
        I.HTML: "<b>&amp;</b>@hearth.example",
        I.DOTS: "../../passwd@hearth.example",
        I.CRLF: "one@hearth.example\r\nBcc: two@hearth.example",
        I.BIDI_OVERRIDE: "abc\u202edef@hearth.example",
        I.QUOTE: "O'Brien.{unique}@Hearth.example",
        I.FORMAT: "%s%n{0}$.{unique}@hearth.example",
    },
    meaning=lambda value: str(value).lower(),
)
"""`{unique}` is filled so that every address is new. A text alone is no address; an apostrophe and
format characters may stand in one.
"""
PASSWORD = Kind(
    name="a new password of 8 to 128 characters, any characters",
    outcomes={
        **_EVERYWHERE,
        **_all(TYPED_INPUTS, O.TYPE),
        **_all(NUMBER_INPUTS, O.TYPE),
        **_all(STRING_INPUTS, O.KEPT),
        I.DIGITS: O.KEPT,
    },
    spelled={
        **{each: f"pass {VALUES[each]} word" for each in TEXT_INPUTS},
        I.STRING: "a quite new password",
        I.TOO_LONG: "x y" * 43,
        I.DIGITS: "918273645546",
    },
)
JUDGED_PASSWORD = PASSWORD.but({I.DIGITS: O.WRONG}, name="a new password, judged")
KNOWN_PASSWORD = PASSWORD.but(
    _all((*STRING_INPUTS, I.DIGITS), O.WRONG),
    name="a password that is compared",
    spelled={each: f"wrong {VALUES[each]} word" for each in (*STRING_INPUTS, I.DIGITS)},
)
KNOWN_ADDRESS = ADDRESS.but({I.QUOTE: O.WRONG, I.FORMAT: O.WRONG}, name="an account's address")
CODE = KNOWN_PASSWORD.but(
    {
        I.INTEGER: O.WRONG,
        **_all(NUMBER_INPUTS, O.WRONG),
        I.TOO_LONG: O.WRONG,
        I.DIGITS: O.TAKEN,
    },
    name="a mailed code",
    spelled={
        I.TOO_LONG: "1" * 5000,
        I.DIGITS: VALID_IN_DIGITS,
        **{each: VALUES[each] for each in STRING_INPUTS},
    },
)
IDENTIFIER = Kind(
    name="an identifier",
    outcomes={
        **_EVERYWHERE,
        **_all(TYPED_INPUTS, O.TYPE),
        I.INTEGER: O.NOBODY,
        **_all(NUMBER_INPUTS, O.NOBODY),
        **_all(STRING_INPUTS, O.BAD),
        I.TOO_LONG: O.BAD,
        I.DIGITS: O.TAKEN,
    },
    spelled={I.TOO_LONG: "9" * 17, I.INTEGER: 999_999_999, I.DIGITS: VALID_IN_DIGITS},
    meaning=_whole,
)
NUMBER = IDENTIFIER.but(name="a small whole number", spelled={I.INTEGER: 12345})
BOOLEAN = Kind(
    name="a boolean",
    outcomes={
        **IDENTIFIER.outcomes,
        I.BOOLEAN: O.KEPT,
        I.INTEGER: O.TYPE,
        I.NEGATIVE: O.TYPE,
        I.OVER_31_BITS: O.TYPE,
        I.ZERO: O.KEPT,
        I.DIGITS: O.KEPT,
    },
    spelled={I.DIGITS: "1", I.TOO_LONG: "1" * 200},
    meaning=_truth,
)
NUMBERS = Kind(
    name="a list of small whole numbers",
    outcomes={
        **IDENTIFIER.outcomes,
        **OPTIONAL,
        I.INTEGER: O.TYPE,
        **_all(NUMBER_INPUTS, O.TYPE),
        I.LIST: O.TYPE,
        I.EMPTY: O.TAKEN,
        I.BLANK: O.OPEN,
        I.TOO_LONG: O.UNREADABLE,
        I.DIGITS: O.KEPT,
    },
    spelled={I.TOO_LONG: [1] * 201},
    meaning=_wholes,
)
NUMBERS_ITEM = NUMBERS.but(
    {
        I.NULL: O.TYPE,
        I.EMPTY: O.BLANK,
        I.BLANK: O.BLANK,
        I.TOO_LONG: O.BAD,
        I.ZERO: O.KEPT,
        **_all((I.INTEGER, I.NEGATIVE, I.OVER_31_BITS), O.NOBODY),
    },
    name="a member of a list of small whole numbers",
    spelled={I.TOO_LONG: "9" * 17, I.INTEGER: 999_999_999},
)
CHOICE = Kind(
    name="one of some words",
    outcomes={
        **_EVERYWHERE,
        **_all(TYPED_INPUTS, O.TYPE),
        **_all(NUMBER_INPUTS, O.TYPE),
        **_all(STRING_INPUTS, O.BAD),
        I.TOO_LONG: O.BAD,
        I.DIGITS: O.BAD,
    },
)
SLOT = Kind(
    name="one label with one hour",
    outcomes={
        **CHOICE.outcomes,
        I.OBJECT: O.BAD,
    },
)
TIME_TOKEN = CHOICE.but(OPTIONAL, name="a time token")
DAY = CHOICE.but(OPTIONAL, name="a day YYYY-MM-DD")
CARD = CHOICE.but(name="a card's number, expiry or code")
SESSION = CHOICE.but(name="a token in the body")
FILE = Kind(
    name="a file of a form",
    outcomes={
        **_all(tuple(Input), O.BAD),
        I.MISSING: O.MISSING,
        I.TOO_LONG: O.LONG,
        I.CUT_BODY: O.UNREADABLE,
        **_all((*TYPED_INPUTS, *NUMBER_INPUTS, I.NULL, I.OVER_63_BITS), O.TYPE),
        **_all((I.TEN_TO_THE_30, I.NOT_A_NUMBER), O.TYPE),
        **_all(TEXT_INPUTS, O.TAKEN),
    },
)
"""Texts stand in the file's name, which nothing keeps; JSON values in a JSON body; the rest is the
file's content.
"""
PATH_IDENTIFIER = Kind(
    name="an identifier in the path",
    outcomes={
        **_all(tuple(Input), O.BAD),
        I.MISSING: O.PARENT_URL,
        I.EMPTY: O.PARENT_URL,
        I.INTEGER: O.NOBODY,
        I.OVER_31_BITS: O.NOBODY,
        I.ZERO: O.NOBODY,
        I.HTML: O.NO_SUCH_URL,  # a slash in it
        I.DOTS: O.NO_SUCH_URL,
        I.CUT_BODY: O.OPEN,  # no such thing in a path
        I.DIGITS: O.TAKEN,
    },
    spelled={I.INTEGER: 999_999_999, I.DIGITS: VALID_IN_DIGITS},
)
QUERY_IDENTIFIER = Kind(
    name="an identifier in the query",
    outcomes={
        **PATH_IDENTIFIER.outcomes,
        I.MISSING: O.MISSING,
        I.EMPTY: O.BLANK,
        I.BLANK: O.BLANK,
        I.HTML: O.BAD,
        I.DOTS: O.BAD,
    },
    spelled=PATH_IDENTIFIER.spelled,
)
