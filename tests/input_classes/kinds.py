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

TYPED_INPUTS = (
    Input.INTEGER,
    Input.BOOLEAN,
    Input.FRACTION,
    Input.WHOLE_FRACTION,
    Input.LIST,
    Input.OBJECT,
)
NUMBER_INPUTS = (Input.NEGATIVE, Input.OVER_31_BITS, Input.ZERO)
TEXT_INPUTS = (
    Input.EMOJI,
    Input.QUOTE,
    Input.HTML,
    Input.FORMAT,
    Input.DOTS,
    Input.CRLF,
    Input.RIGHT_TO_LEFT,
    Input.BIDI_OVERRIDE,
)
STRING_INPUTS = (*TEXT_INPUTS, Input.STRING)

_EVERYWHERE: Mapping[Input, Outcome] = {
    Input.MISSING: Outcome.MISSING,
    Input.NULL: Outcome.NULL,
    Input.OVER_63_BITS: Outcome.UNREADABLE,
    Input.TEN_TO_THE_30: Outcome.UNREADABLE,
    Input.NOT_A_NUMBER: Outcome.UNREADABLE,
    Input.CUT_BODY: Outcome.UNREADABLE,
    Input.EMPTY: Outcome.BLANK,
    Input.BLANK: Outcome.BLANK,
    Input.TOO_LONG: Outcome.LONG,
    Input.NUL: Outcome.BAD,
    Input.LONE_SURROGATE: Outcome.BAD,
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


OPTIONAL: Mapping[Input, Outcome] = {Input.MISSING: Outcome.TAKEN, Input.NULL: Outcome.TAKEN}

NAME = Kind(
    name="a name of 1 to 128 characters",
    outcomes={
        **_EVERYWHERE,
        **_all(TYPED_INPUTS, Outcome.TYPE),
        **_all(NUMBER_INPUTS, Outcome.TYPE),
        **_all(STRING_INPUTS, Outcome.KEPT),
        Input.CRLF: Outcome.BAD,
        Input.BIDI_OVERRIDE: Outcome.BAD,
        Input.DIGITS: Outcome.KEPT,
    },
    spelled={Input.TOO_LONG: "x" * 129},
)
TEXT = NAME.but(
    {Input.CRLF: Outcome.KEPT, Input.BIDI_OVERRIDE: Outcome.KEPT},
    name="a text, kept as sent",
    spelled={Input.TOO_LONG: "x" * 4001},
)
ADDRESS = Kind(
    name="an e-mail address",
    outcomes={
        **_EVERYWHERE,
        **_all(TYPED_INPUTS, Outcome.TYPE),
        **_all(NUMBER_INPUTS, Outcome.TYPE),
        **_all(STRING_INPUTS, Outcome.BAD),
        Input.TOO_LONG: Outcome.BAD,
        Input.DIGITS: Outcome.BAD,
        Input.QUOTE: Outcome.KEPT,
        Input.FORMAT: Outcome.KEPT,
    },
    spelled={
        Input.TOO_LONG: "x" * 60 + "@" + ".".join(["y" * 60] * 3) + ".hearth.example",
        Input.NUL: "nul\x00@hearth.example",
        Input.LONE_SURROGATE: "lone\ud800@hearth.example",
        Input.HTML: "<b>&amp;</b>@hearth.example",
        Input.DOTS: "../../passwd@hearth.example",
        Input.CRLF: "one@hearth.example\r\nBcc: two@hearth.example",
        Input.BIDI_OVERRIDE: "abc\u202edef@hearth.example",
        Input.QUOTE: "O'Brien.{unique}@Hearth.example",
        Input.FORMAT: "%s%n{0}$.{unique}@hearth.example",
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
        **_all(TYPED_INPUTS, Outcome.TYPE),
        **_all(NUMBER_INPUTS, Outcome.TYPE),
        **_all(STRING_INPUTS, Outcome.KEPT),
        Input.DIGITS: Outcome.KEPT,
    },
    spelled={
        **{each: f"pass {VALUES[each]} word" for each in TEXT_INPUTS},
        Input.STRING: "a quite new password",
        Input.TOO_LONG: "x y" * 43,
        Input.DIGITS: "918273645546",
    },
)
JUDGED_PASSWORD = PASSWORD.but({Input.DIGITS: Outcome.WRONG}, name="a new password, judged")
KNOWN_PASSWORD = PASSWORD.but(
    _all((*STRING_INPUTS, Input.DIGITS), Outcome.WRONG),
    name="a password that is compared",
    spelled={each: f"wrong {VALUES[each]} word" for each in (*STRING_INPUTS, Input.DIGITS)},
)
KNOWN_ADDRESS = ADDRESS.but(
    {Input.QUOTE: Outcome.WRONG, Input.FORMAT: Outcome.WRONG}, name="an account's address"
)
CODE = KNOWN_PASSWORD.but(
    {
        Input.INTEGER: Outcome.WRONG,
        **_all(NUMBER_INPUTS, Outcome.WRONG),
        Input.TOO_LONG: Outcome.WRONG,
        Input.DIGITS: Outcome.TAKEN,
    },
    name="a mailed code",
    spelled={
        Input.TOO_LONG: "1" * 5000,
        Input.DIGITS: VALID_IN_DIGITS,
        **{each: VALUES[each] for each in STRING_INPUTS},
    },
)
IDENTIFIER = Kind(
    name="an identifier",
    outcomes={
        **_EVERYWHERE,
        **_all(TYPED_INPUTS, Outcome.TYPE),
        Input.INTEGER: Outcome.NOBODY,
        **_all(NUMBER_INPUTS, Outcome.NOBODY),
        **_all(STRING_INPUTS, Outcome.BAD),
        Input.TOO_LONG: Outcome.BAD,
        Input.DIGITS: Outcome.TAKEN,
    },
    spelled={Input.TOO_LONG: "9" * 17, Input.INTEGER: 999_999_999, Input.DIGITS: VALID_IN_DIGITS},
    meaning=_whole,
)
NUMBER = IDENTIFIER.but(name="a small whole number", spelled={Input.INTEGER: 12345})
BOOLEAN = Kind(
    name="a boolean",
    outcomes={
        **IDENTIFIER.outcomes,
        Input.BOOLEAN: Outcome.KEPT,
        Input.INTEGER: Outcome.TYPE,
        Input.NEGATIVE: Outcome.TYPE,
        Input.OVER_31_BITS: Outcome.TYPE,
        Input.ZERO: Outcome.KEPT,
        Input.DIGITS: Outcome.KEPT,
    },
    spelled={Input.DIGITS: "1", Input.TOO_LONG: "1" * 200},
    meaning=_truth,
)
NUMBERS = Kind(
    name="a list of small whole numbers",
    outcomes={
        **IDENTIFIER.outcomes,
        **OPTIONAL,
        Input.INTEGER: Outcome.TYPE,
        **_all(NUMBER_INPUTS, Outcome.TYPE),
        Input.LIST: Outcome.TYPE,
        Input.EMPTY: Outcome.TAKEN,
        Input.BLANK: Outcome.OPEN,
        Input.TOO_LONG: Outcome.UNREADABLE,
        Input.DIGITS: Outcome.KEPT,
    },
    spelled={Input.TOO_LONG: [1] * 201},
    meaning=_wholes,
)
NUMBERS_ITEM = NUMBERS.but(
    {
        Input.NULL: Outcome.TYPE,
        Input.EMPTY: Outcome.BLANK,
        Input.BLANK: Outcome.BLANK,
        Input.TOO_LONG: Outcome.BAD,
        Input.ZERO: Outcome.KEPT,
        **_all((Input.INTEGER, Input.NEGATIVE, Input.OVER_31_BITS), Outcome.NOBODY),
    },
    name="a member of a list of small whole numbers",
    spelled={Input.TOO_LONG: "9" * 17, Input.INTEGER: 999_999_999},
)
CHOICE = Kind(
    name="one of some words",
    outcomes={
        **_EVERYWHERE,
        **_all(TYPED_INPUTS, Outcome.TYPE),
        **_all(NUMBER_INPUTS, Outcome.TYPE),
        **_all(STRING_INPUTS, Outcome.BAD),
        Input.TOO_LONG: Outcome.BAD,
        Input.DIGITS: Outcome.BAD,
    },
)
SLOT = Kind(
    name="one label with one hour",
    outcomes={
        **CHOICE.outcomes,
        Input.OBJECT: Outcome.BAD,
    },
)
TIME_TOKEN = CHOICE.but(OPTIONAL, name="a time token")
DAY = CHOICE.but(OPTIONAL, name="a day YYYY-MM-DD")
CARD = CHOICE.but(name="a card's number, expiry or code")
SESSION = CHOICE.but(name="a token in the body")
FILE = Kind(
    name="a file of a form",
    outcomes={
        **_all(tuple(Input), Outcome.BAD),
        Input.MISSING: Outcome.MISSING,
        Input.TOO_LONG: Outcome.LONG,
        Input.CUT_BODY: Outcome.UNREADABLE,
        **_all((*TYPED_INPUTS, *NUMBER_INPUTS, Input.NULL, Input.OVER_63_BITS), Outcome.TYPE),
        **_all((Input.TEN_TO_THE_30, Input.NOT_A_NUMBER), Outcome.TYPE),
        **_all(TEXT_INPUTS, Outcome.TAKEN),
    },
)
"""Texts stand in the file's name, which nothing keeps; JSON values in a JSON body; the rest is the
file's content.
"""
PATH_IDENTIFIER = Kind(
    name="an identifier in the path",
    outcomes={
        **_all(tuple(Input), Outcome.BAD),
        Input.MISSING: Outcome.PARENT_URL,
        Input.EMPTY: Outcome.PARENT_URL,
        Input.INTEGER: Outcome.NOBODY,
        Input.OVER_31_BITS: Outcome.NOBODY,
        Input.ZERO: Outcome.NOBODY,
        Input.HTML: Outcome.NO_SUCH_URL,  # a slash in it
        Input.DOTS: Outcome.NO_SUCH_URL,
        Input.CUT_BODY: Outcome.OPEN,  # no such thing in a path
        Input.DIGITS: Outcome.TAKEN,
    },
    spelled={Input.INTEGER: 999_999_999, Input.DIGITS: VALID_IN_DIGITS},
)
QUERY_IDENTIFIER = Kind(
    name="an identifier in the query",
    outcomes={
        **PATH_IDENTIFIER.outcomes,
        Input.MISSING: Outcome.MISSING,
        Input.EMPTY: Outcome.BLANK,
        Input.BLANK: Outcome.BLANK,
        Input.HTML: Outcome.BAD,
        Input.DOTS: Outcome.BAD,
    },
    spelled=PATH_IDENTIFIER.spelled,
)
