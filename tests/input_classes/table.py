"""THE TABLE: every field of every legacy row, its kind, and what the contract says about a bad one.

A field's sentences are given by outcome where the contract lists one; several mean that it leaves
open which of them. How a dialect puts a sentence into an answer stands in `refusals.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from re import Pattern
from re import compile as pattern

from tests.input_classes.classes import Input
from tests.input_classes.kinds import (
    ADDRESS,
    BOOLEAN,
    CARD,
    CHOICE,
    CODE,
    DAY,
    FILE,
    IDENTIFIER,
    JUDGED_PASSWORD,
    KNOWN_ADDRESS,
    KNOWN_PASSWORD,
    NAME,
    NUMBER,
    NUMBERS,
    NUMBERS_ITEM,
    OPTIONAL,
    PASSWORD,
    PATH_IDENTIFIER,
    QUERY_IDENTIFIER,
    SESSION,
    SLOT,
    TEXT,
    TIME_TOKEN,
    Kind,
    Outcome,
)  # fmt: skip

Sentence = str | Pattern[str]
Says = Mapping[Outcome, tuple[Sentence, ...]]

# how a row of a dialect refuses
FIELD_ERRORS = "wellbeing field errors"
SINGLE_ERROR = "wellbeing single error"
ACCOUNTS = "accounts"
MATCHING = "matching"

REQUIRED = "This field is required."
NULL = "This field may not be null."
BLANK = "This field may not be blank."
NO_STRING = "Not a valid string."
NO_ADDRESS = "Enter a valid email address."
TOO_LONG_PASSWORD = "This password is too long. It must contain at most 128 characters."
NUMERIC_PASSWORD = "This password is entirely numeric."
TOO_SHORT_PASSWORD = "This password is too short. It must contain at least 8 characters."
NO_BOOLEAN = "Must be a valid boolean."
NO_DATE = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."
NO_CHOICE = pattern(r'".*" is not a valid choice\.', 16)
NOT_AVAILABLE = "This time is not available"

BODY, PATH, QUERY, FORM = "body", "path", "query", "form"
ABSENT_OUTCOMES = (Outcome.MISSING, Outcome.NULL, Outcome.TYPE, Outcome.BLANK)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a row. `inside` makes the outer value of a part of one; `instead_of` names the
    field it stands in for.
    """

    name: str
    kind: Kind
    says: Says = field(default_factory=dict)
    place: str = BODY
    instead_of: str | None = None
    label: str = ""
    is_unique: bool = False

    @property
    def shown_name(self) -> str:
        return self.label or self.name


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """A row: its style of refusing, and its fields; none where it reads none."""

    number: str
    style: str
    fields: Sequence[Field] = ()


def _saying(
    outcomes: Sequence[Outcome], *sentences: Sentence
) -> dict[Outcome, tuple[Sentence, ...]]:
    return dict.fromkeys(outcomes, sentences)


def _with_field_errors(
    name: str, kind: Kind, most: int = 128, /, **says: tuple[Sentence, ...]
) -> Field:
    """Describe a field of a row with field errors."""
    usual: Says = {
        Outcome.MISSING: (REQUIRED,),
        Outcome.NULL: (NULL,),
        Outcome.BLANK: (BLANK,),
        Outcome.TYPE: (NO_STRING,),
        Outcome.BAD: (NO_STRING,),
        Outcome.LONG: (f"Ensure this field has no more than {most} characters.",),
    }
    return Field(name=name, kind=kind, says={**usual, **_named(says)})


def _with_single_error(
    name: str, kind: Kind, missing: str, bad: tuple[Sentence, ...], /, **more: object
) -> Field:
    """Describe a field of a row with single errors: what counts as missing, and what is bad."""
    says = {
        **_saying(ABSENT_OUTCOMES, missing),
        **_saying((Outcome.BAD, Outcome.LONG, Outcome.NOBODY, Outcome.WRONG), *bad),
    }
    place = str(more.pop("place", BODY))
    return Field(name=name, kind=kind, says={**says, **_named(more)}, place=place)


def _of_matching(name: str, kind: Kind, /, **more: object) -> Field:
    """Describe a field of `matching`: a bad one is named."""
    every = (*ABSENT_OUTCOMES, Outcome.BAD, Outcome.LONG, Outcome.NOBODY, Outcome.WRONG)
    others = {key: more.pop(key) for key in ("instead_of", "label") if key in more}
    says = {**_saying(every, f"Incorrect field: {name}"), **_named(more)}
    return Field(name=name, kind=kind, says=says, **others)  # type: ignore[arg-type]


def _named(says: Mapping[str, object]) -> dict[Outcome, tuple[Sentence, ...]]:
    return {
        Outcome[key.upper()]: sentences if isinstance(sentences, tuple) else (sentences,)  # type: ignore[misc]
        for key, sentences in says.items()
    }


def _session(name: str = "session") -> Field:
    every = (*ABSENT_OUTCOMES, Outcome.BAD, Outcome.LONG)
    instead = None if name == "session" else "session"
    says = _saying(every, "Invalid session")
    return Field(name=name, kind=SESSION, says=says, instead_of=instead)


_SESSIONS = (_session(), _session("session_token"))


def _client_row(number: str, *fields: Field) -> TableRow:
    return TableRow(number=number, style=MATCHING, fields=(*fields, *_SESSIONS))


def _address(missing: str = "Email is required", bad: str = "Invalid email format") -> Field:
    return _with_single_error("email", ADDRESS, missing, (bad,))


def _path_id() -> Field:
    return Field(name="id", kind=PATH_IDENTIFIER, place=PATH)


def _session_id(place: str = BODY) -> Field:
    kind = IDENTIFIER if place == BODY else QUERY_IDENTIFIER
    return _with_single_error(
        "session_id", kind, "Session ID is required", ("Session not found",), place=place
    )


_NEW_PASSWORD_SAYS = {
    "long": (TOO_LONG_PASSWORD,),
    "wrong": (NUMERIC_PASSWORD,),
}
_SIGN_UP_PASSWORD = _with_field_errors(
    "password", JUDGED_PASSWORD, **_NEW_PASSWORD_SAYS, blank=(BLANK, TOO_SHORT_PASSWORD)
)
_LOG_IN_FAILED = "Unable to log in with provided credentials."
_NO_ADDRESS = {"bad": (NO_ADDRESS,), "long": (NO_ADDRESS,)}
_CODES = ("Can't verify code", "There is no verification code for this user")
_RESET_CODE = _with_single_error("code", CODE, "Code is required", (*_CODES, "Code is required"))
_RESET_ADDRESS = _with_single_error(
    "email",
    KNOWN_ADDRESS,
    "Email is required",
    ("Invalid email format",),
    wrong=("There is no verification code for this user",),
)
_SETTING = BOOLEAN.but(
    {Input.MISSING: Outcome.TAKEN, Input.NULL: Outcome.OPEN}, name="a boolean that may be missing"
)
_NOT_BOOLEAN = dict.fromkeys(("blank", "type", "bad", "long", "nobody"), (NO_BOOLEAN,))
_GENDER = CHOICE.but({**OPTIONAL, Input.EMPTY: Outcome.BAD, Input.BLANK: Outcome.BAD})
_NO_GENDER = {"bad": (NO_CHOICE,), "type": (NO_CHOICE, NO_STRING)}
_NO_DAY = dict.fromkeys(("blank", "type", "bad"), (NO_DATE,))
_SPECIALITY = TEXT.but(OPTIONAL, name="a text of at most 128", spelled={Input.TOO_LONG: "x" * 129})
_OLD_WRONG = "Old password is incorrect."
_BOTH = "Both old and new passwords are required."
_USER_NAME = NAME.but(name="a name of 1 to 64 characters", spelled={Input.TOO_LONG: "x" * 65})
_PAGE = QUERY_IDENTIFIER.but(
    {Input.INTEGER: Outcome.TAKEN, Input.OVER_31_BITS: Outcome.TAKEN},
    name="a page; beyond the end it is empty",
)
_NAMES_OF_ACCOUNTS = (
    Field(name="email", kind=ADDRESS),
    Field(name="user_name", kind=_USER_NAME, is_unique=True),
    Field(name="first_name", kind=NAME),
    Field(name="last_name", kind=NAME),
)


def _alias(kind: Kind, **says: object) -> Field:
    named = "Incorrect field: user_mail"
    every = dict.fromkeys(("missing", "null", "blank", "type", "bad", "long"), named)
    return _of_matching("user_email", kind, instead_of="user_mail", **{**every, **says})


_ZERO_TO = {Input.ZERO: Outcome.KEPT, Input.DIGITS: Outcome.KEPT}
_AGE = NUMBER.but({Input.DIGITS: Outcome.KEPT}, spelled={Input.DIGITS: "44"})
_CODE_NUMBER = NUMBER.but(_ZERO_TO, name="a number of a code list", spelled={Input.DIGITS: "1"})
_HOUR_WISH = NUMBER.but(
    {**OPTIONAL, Input.MISSING: Outcome.MISSING, Input.NULL: Outcome.MISSING, **_ZERO_TO},
    name="an hour, required with a specific time",
)
_THERAPIST = {"nobody": ("Unknown therapist",)}
_MY_THERAPIST = {"nobody": ("Not your therapist",)}
_SLOT_BAD = (NOT_AVAILABLE, "Incorrect field: psy_time_slots")
_SLOT_SAYS = {"type": _SLOT_BAD, "bad": _SLOT_BAD, "blank": _SLOT_BAD, "long": _SLOT_BAD}
_SLOTS = _of_matching("psy_time_slots", SLOT, **_SLOT_SAYS)
_HOUR = IDENTIFIER.but(
    {Input.MISSING: Outcome.BAD, Input.NULL: Outcome.BAD},
    name="the hour of a slot",
)
_SLOT_HOUR = _of_matching(
    "psy_time_slots", _HOUR, label="psy_time_slots/hour",
    **dict.fromkeys(("type", "bad", "blank", "long", "nobody"), (NOT_AVAILABLE,)),
)  # fmt: skip
_TOKEN_SAYS = dict.fromkeys(("type", "bad", "blank", "long"), ("Invalid time token",))
_TIME_TOKEN = _of_matching("time_token", TIME_TOKEN, **_TOKEN_SAYS)
_REASON_WORDS = TEXT.but(
    {**OPTIONAL, Input.EMPTY: Outcome.TAKEN, Input.BLANK: Outcome.TAKEN},
    name="a text that may be blank",
)
_CALL_ME = BOOLEAN.but({**OPTIONAL, Input.BOOLEAN: Outcome.TAKEN}, name="0 or 1")


def _items(name: str) -> Field:
    return _of_matching(name, NUMBERS_ITEM, label=f"{name}/item")


TABLE: tuple[TableRow, ...] = (
    TableRow(
        number="W1",
        style=FIELD_ERRORS,
        fields=(
            _with_field_errors("email", ADDRESS, **_NO_ADDRESS),
            _SIGN_UP_PASSWORD,
            _with_field_errors("first_name", NAME),
            _with_field_errors("last_name", NAME),
        ),
    ),
    TableRow(number="W2", style=SINGLE_ERROR, fields=(_address(),)),
    TableRow(
        number="W3",
        style=SINGLE_ERROR,
        fields=(
            _with_single_error("email", KNOWN_ADDRESS, "Can't verify user", ("Can't verify user",)),
            _with_single_error("code", CODE, "Can't verify user", ("Can't verify user",)),
        ),
    ),
    TableRow(
        number="W4",
        style=FIELD_ERRORS,
        fields=(
            _with_field_errors("email", KNOWN_ADDRESS, **_NO_ADDRESS, wrong=(_LOG_IN_FAILED,)),
            _with_field_errors(
                "password",
                KNOWN_PASSWORD,
                wrong=(_LOG_IN_FAILED,),
                blank=(BLANK, _LOG_IN_FAILED),
                long=("Ensure this field has no more than 128 characters.", _LOG_IN_FAILED),
            ),
        ),
    ),
    TableRow(number="W5", style=FIELD_ERRORS),
    TableRow(
        number="W6", style=FIELD_ERRORS, fields=(Field(name="picture", kind=FILE, place=FORM),)
    ),
    TableRow(number="W7", style=SINGLE_ERROR, fields=(_path_id(),)),
    TableRow(number="W8", style=SINGLE_ERROR, fields=(_path_id(),)),
    TableRow(number="W9", style=SINGLE_ERROR),
    TableRow(
        number="W10",
        style=SINGLE_ERROR,
        fields=(
            _with_single_error(
                "id", IDENTIFIER, "Notification ID is required", ("Notification not found",)
            ),
        ),
    ),
    TableRow(number="W11", style=SINGLE_ERROR),
    TableRow(number="W12", style=SINGLE_ERROR),
    TableRow(
        number="W13",
        style=FIELD_ERRORS,
        fields=(
            _with_field_errors("birth_date", DAY, **_NO_DAY),
            _with_field_errors("gender", _GENDER, **_NO_GENDER),
            _with_field_errors("speciality", _SPECIALITY),
        ),
    ),
    TableRow(
        number="W14",
        style=SINGLE_ERROR,
        fields=(_address("Email is required.", "Invalid email format."),),
    ),
    TableRow(
        number="W15",
        style=SINGLE_ERROR,
        fields=(
            _with_single_error(
                "old_password",
                KNOWN_PASSWORD,
                _BOTH,
                (_OLD_WRONG,),
                blank=(_BOTH, _OLD_WRONG),
                bad=(_BOTH, _OLD_WRONG),
            ),
            _with_single_error(
                "new_password",
                JUDGED_PASSWORD,
                _BOTH,
                (_BOTH,),
                **_NEW_PASSWORD_SAYS,
                blank=(_BOTH, TOO_SHORT_PASSWORD),
            ),
        ),
    ),
    TableRow(number="W16", style=SINGLE_ERROR),
    TableRow(
        number="W17",
        style=FIELD_ERRORS,
        fields=tuple(
            _with_field_errors(name, _SETTING, **_NOT_BOOLEAN)
            for name in (
                "email_notification",
                "appointments_notification",
                "results_notification",
                "marketing_email",
            )
        ),
    ),
    TableRow(number="W18", style=SINGLE_ERROR, fields=(_address(),)),
    TableRow(number="W19", style=SINGLE_ERROR, fields=(_RESET_CODE, _RESET_ADDRESS)),
    TableRow(
        number="W20",
        style=SINGLE_ERROR,
        fields=(
            _RESET_CODE,
            _RESET_ADDRESS,
            _with_single_error(
                "password",
                JUDGED_PASSWORD,
                "Password is required",
                ("Password is required",),
                **_NEW_PASSWORD_SAYS,
                blank=("Password is required", TOO_SHORT_PASSWORD),
            ),
        ),
    ),
    TableRow(number="W21", style=SINGLE_ERROR),
    TableRow(number="W22", style=SINGLE_ERROR, fields=(_session_id(),)),
    TableRow(
        number="W23",
        style=SINGLE_ERROR,
        fields=(
            _session_id(),
            _with_single_error(
                "message",
                TEXT,
                "Message is required",
                ("Message is required",),
                long=("Message is too long",),
            ),
        ),
    ),
    TableRow(number="W24", style=SINGLE_ERROR, fields=(_session_id(QUERY),)),
    TableRow(
        number="A1",
        style=ACCOUNTS,
        fields=(
            *_NAMES_OF_ACCOUNTS,
            Field(name="password", kind=PASSWORD),
            Field(name="role", kind=CHOICE),
        ),
    ),
    TableRow(number="A2", style=ACCOUNTS, fields=(_path_id(),)),
    TableRow(number="A3", style=ACCOUNTS, fields=(_path_id(), *_NAMES_OF_ACCOUNTS)),
    TableRow(
        number="A4",
        style=ACCOUNTS,
        fields=(
            _path_id(),
            Field(name="existing_password", kind=KNOWN_PASSWORD),
            Field(name="password", kind=PASSWORD),
        ),
    ),
    TableRow(
        number="A5",
        style=ACCOUNTS,
        fields=(
            Field(name="page", kind=_PAGE, place=QUERY),
            Field(name="per_page", kind=QUERY_IDENTIFIER, place=QUERY),
        ),
    ),
    TableRow(
        number="A6",
        style=ACCOUNTS,
        fields=(
            Field(name="email", kind=KNOWN_ADDRESS),
            Field(name="password", kind=KNOWN_PASSWORD),
        ),
    ),
    TableRow(number="A7", style=ACCOUNTS),
    TableRow(number="A8", style=ACCOUNTS),
    TableRow(
        number="M1",
        style=MATCHING,
        fields=(
            _of_matching("user_mail", KNOWN_ADDRESS, wrong="login error: incorrect email/password"),
            _alias(KNOWN_ADDRESS, wrong="login error: incorrect email/password"),
            _of_matching(
                "password",
                KNOWN_PASSWORD,
                wrong="login error: incorrect email/password",
                blank=("Incorrect field: password", "login error: incorrect email/password"),
                long=("Incorrect field: password", "login error: incorrect email/password"),
            ),
        ),
    ),
    TableRow(
        number="M2",
        style=MATCHING,
        fields=(
            _of_matching("user_name", NAME),
            _of_matching("user_mail", ADDRESS),
            _alias(ADDRESS),
            _of_matching("password", PASSWORD),
        ),
    ),
    _client_row(
        "M3",
        _of_matching("user_age", _AGE),
        _of_matching("user_experience", BOOLEAN),
        _of_matching("user_isindividual", BOOLEAN),
        _of_matching("user_sex_preference", _CODE_NUMBER),
        _of_matching("user_time_preference", _CODE_NUMBER),
        _of_matching("user_cash_preference", _CODE_NUMBER),
        _of_matching("user_filters", NUMBERS),
        _items("user_filters"),
        _of_matching("user_selected_time", _HOUR_WISH),
    ),
    _client_row("M4"),
    _client_row(
        "M5", _of_matching("psy_id", IDENTIFIER, **_THERAPIST), _SLOTS, _SLOT_HOUR, _TIME_TOKEN
    ),
    _client_row("M6"),
    _client_row(
        "M7",
        _of_matching("psy_id", IDENTIFIER, **_MY_THERAPIST),
        _of_matching("psy_time_slots", SLOT.but(OPTIONAL), **_SLOT_SAYS),
        _SLOT_HOUR,
        _TIME_TOKEN,
    ),
    _client_row(
        "M8", _of_matching("psy_id", IDENTIFIER, **_MY_THERAPIST), _of_matching("text", TEXT)
    ),
    _client_row("M9", _of_matching("psy_id", IDENTIFIER, **_THERAPIST)),
    _client_row(
        "M10",
        _of_matching(
            "card_name",
            NAME.but(
                {each: Outcome.TAKEN for each in Input if NAME.outcomes[each] is Outcome.KEPT},
                name="a name of 1 to 64 characters that is not kept",
                spelled={Input.TOO_LONG: "x" * 65},
            ),
        ),
        _of_matching("card_number", CARD),
        _of_matching("card_exp", CARD),
        _of_matching(
            "card_ccv", CARD.but({Input.DIGITS: Outcome.TAKEN}, spelled={Input.DIGITS: "1234"})
        ),
    ),
    _client_row("M11"),
    _client_row(
        "M12",
        _of_matching("psy_id", IDENTIFIER.but(OPTIONAL), **_MY_THERAPIST),
        _of_matching("problems", NUMBERS),
        _items("problems"),
        _of_matching("more_problems", _REASON_WORDS),
        _of_matching("call_me", _CALL_ME),
    ),
    TableRow(number="M13", style=MATCHING),
    TableRow(number="MX", style=MATCHING, fields=_SESSIONS),
)
