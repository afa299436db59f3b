"""How a refusal must look: the status and the bodies a dialect allows for an outcome."""

from dataclasses import dataclass
from re import Pattern

from tests.input_classes.kinds import Outcome
from tests.input_classes.sending import Answer
from tests.input_classes.table import (
    ACCOUNTS,
    FIELD_ERRORS,
    MATCHING,
    NUMERIC_PASSWORD,
    SINGLE_ERROR,
    TOO_LONG_PASSWORD,
    TOO_SHORT_PASSWORD,
    Field,
    Sentence,
    TableRow,
)  # fmt: skip

Outcome = Outcome
UNAUTHORIZED = "Unauthorized: User authentication failed"
_PASSWORD_TEXTS = (TOO_SHORT_PASSWORD, TOO_LONG_PASSWORD, NUMERIC_PASSWORD)
_UNREADABLE = "Unreadable request body"
_INVALID = "Invalid request body"
_LOG_IN_FAILED = "Unable to log in with provided credentials."
_NOT_FOUND_ROWS = ("W22", "W23", "W24")


@dataclass(frozen=True)
class Refusal:
    """One allowed answer; a string ending in an ellipsis allows any ending."""

    status: int
    body: object

    def fits(self, answer: Answer) -> bool:
        """Tell whether an answer is this refusal."""
        return answer.status == self.status and _same(self.body, answer.json)


def _same(expected: object, found: object) -> bool:
    if isinstance(expected, Pattern):
        return isinstance(found, str) and expected.fullmatch(found) is not None
    if isinstance(expected, str) and expected.endswith("…"):
        return isinstance(found, str) and found.startswith(expected[:-1])
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and expected.keys() == found.keys()
            and all(_same(value, found[key]) for key, value in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(expected) == len(found)
            and all(_same(one, other) for one, other in zip(expected, found, strict=True))
        )
    return expected == found and type(expected) is type(found)


def refusals(row: TableRow, field: Field, outcome: Outcome) -> list[Refusal]:
    """Give every refusal the contract allows."""
    if outcome is Outcome.UNREADABLE:
        return [_unreadable(row)]
    if outcome is Outcome.NO_SUCH_URL:
        return [Refusal(404, {"detail": "Not found."})]
    if outcome is Outcome.PARENT_URL:
        return [_parent(row)]
    if outcome is Outcome.OPEN:
        every = {sentence for said in field.says.values() for sentence in said}
        return [_said(row, field, outcome, each) for each in every]
    if row.number in _BY_ROW:
        return _BY_ROW[row.number](field, outcome)
    return [_said(row, field, outcome, each) for each in field.says[outcome]]


def _said(row: TableRow, field: Field, outcome: Outcome, sentence: Sentence) -> Refusal:
    if row.style == FIELD_ERRORS:
        if sentence == _LOG_IN_FAILED:
            return Refusal(400, {"non_field_errors": [sentence]})
        return Refusal(400, {field.name: [sentence]})
    if row.style == SINGLE_ERROR:
        status = 404 if row.number in _NOT_FOUND_ROWS and sentence == "Session not found" else 400
        is_policy = sentence in _PASSWORD_TEXTS
        return Refusal(status, {"error": [sentence] if is_policy else sentence})
    assert row.style == MATCHING
    body: dict[str, object] = {"status": False, "error": sentence}
    if row.number == "M1":
        body["session"] = ""
    return Refusal(200, body)


def _unreadable(row: TableRow) -> Refusal:
    if row.number == "MX":  # without an object it is the other /logout, which reads no body
        return Refusal(401, {"error": "Invalid or expired token"})
    if row.style in (FIELD_ERRORS, SINGLE_ERROR):
        return Refusal(400, {"detail": "JSON parse error - …"})
    if row.style == ACCOUNTS or row.number == "M1":  # POST /login without an object is A6
        return Refusal(409, {"error": _INVALID})
    return Refusal(200, {"status": False, "error": _UNREADABLE})


def _parent(row: TableRow) -> Refusal:
    """Without its last segment a path is another one; `//` is not folded."""
    if row.number in ("W7", "W8"):
        return Refusal(404, {"detail": "Not found."})
    return Refusal(405, {"error": "Method not allowed"})


_INCORRECT = Refusal(400, {"error": "Incorrect field"})
_CONFLICT = Refusal(409, {"error": _INVALID})
_USER_NOT_FOUND = {"message": "User not found", "error": "User not found"}


def _picture(field: Field, outcome: Outcome) -> list[Refusal]:
    if outcome is Outcome.MISSING:
        return [Refusal(400, {"picture": ["No file was submitted."]})]
    if outcome is Outcome.TYPE:
        text = 'Unsupported media type "application/json" in request.'
        return [Refusal(415, {"detail": text})]
    if outcome is Outcome.LONG:
        return [Refusal(413, {"detail": "Body too large."})]
    text = (
        "Upload a valid image. The file you uploaded was either not an image or a corrupted image."
    )
    return [Refusal(400, {"picture": [text]})]


def _other_profile(field: Field, outcome: Outcome) -> list[Refusal]:
    return [Refusal(404, _USER_NOT_FOUND)]


def _fields_400(field: Field, outcome: Outcome) -> list[Refusal]:
    return [_CONFLICT if outcome is Outcome.TYPE else _INCORRECT]


def _read_account(field: Field, outcome: Outcome) -> list[Refusal]:
    return [Refusal(404, {"error": "User not found"}) if outcome is Outcome.NOBODY else _INCORRECT]


def _change_account(field: Field, outcome: Outcome) -> list[Refusal]:
    if outcome is Outcome.NOBODY:
        return [Refusal(401, {"error": UNAUTHORIZED})]
    return _fields_400(field, outcome)


def _change_password(field: Field, outcome: Outcome) -> list[Refusal]:
    if outcome is Outcome.NOBODY:
        return [Refusal(401, {"error": UNAUTHORIZED})]
    if field.name == "id":
        return [_INCORRECT]
    wrong = Refusal(400, {"error": "Invalid request: Old password is incorrect"})
    if outcome is Outcome.WRONG:
        return [wrong]
    is_existing = field.name == "existing_password" and outcome in (Outcome.BLANK, Outcome.LONG)
    return [_CONFLICT, wrong] if is_existing else [_CONFLICT]


def _pages(field: Field, outcome: Outcome) -> list[Refusal]:
    return [Refusal(400, {"error": "wrong parameters page, per_page"})]


def _log_in(field: Field, outcome: Outcome) -> list[Refusal]:
    wrong = Refusal(401, {"error": "Invalid credentials"})
    if outcome is Outcome.WRONG:
        return [wrong]
    is_password = field.name == "password" and outcome in (Outcome.BLANK, Outcome.LONG)
    return [*_fields_400(field, outcome), *([wrong] if is_password else [])]


def _matching_log_in(field: Field, outcome: Outcome) -> list[Refusal]:
    if outcome is Outcome.MISSING and field.name != "password":  # without an address it is A6
        return [_INCORRECT]
    return [_said(_M1, field, outcome, each) for each in field.says[outcome]]


def _log_out(field: Field, outcome: Outcome) -> list[Refusal]:
    if outcome is Outcome.MISSING:  # without a session it is A7
        return [Refusal(401, {"error": "Invalid or expired token"})]
    return [_said(_MX, field, outcome, each) for each in field.says[outcome]]


_M1 = TableRow(number="M1", style=MATCHING)
_MX = TableRow(number="MX", style=MATCHING)
_BY_ROW = {
    "W6": _picture,
    "W7": _other_profile,
    "W8": _other_profile,
    "A1": _fields_400,
    "A2": _read_account,
    "A3": _change_account,
    "A4": _change_password,
    "A5": _pages,
    "A6": _log_in,
    "M1": _matching_log_in,
    "MX": _log_out,
}
