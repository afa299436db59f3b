"""The table itself: no row and no field is missing, and no class that must always be refused is
waved through. And the checkers: each of them can fail.
"""

import contextlib
from collections.abc import Iterator, Mapping

import pytest

from gateway.exchange import FieldRefused
from gateway.routes import LEGACY_ROWS
from gateway.tests.translations.rows import SURROUNDINGS, identity_of, request_with
from gateway.translations import TRANSLATIONS
from tests.input_classes.cells import cells_of, with_cells
from tests.input_classes.classes import ABSENT, Cut, Input, Literal, body_of
from tests.input_classes.kinds import ACCEPTED, TEXT_INPUTS, Outcome
from tests.input_classes.refusals import Refusal, refusals
from tests.input_classes.scenes import SCENES
from tests.input_classes.sending import Answer
from tests.input_classes.stored_rows import written
from tests.input_classes.table import BODY, FIELD_ERRORS, MATCHING, TABLE, Field, TableRow

NEVER_ACCEPTED = (
    Input.OVER_63_BITS,
    Input.TEN_TO_THE_30,
    Input.NOT_A_NUMBER,
    Input.TOO_LONG,
    Input.NUL,
    Input.LONE_SURROGATE,
    Input.CUT_BODY,
    Input.FRACTION,
    Input.WHOLE_FRACTION,
    Input.OBJECT,
    Input.NEGATIVE,
    Input.LIST,
)
MAY_BE_MISSING = {
    *("W13.birth_date", "W13.gender", "W13.speciality"),
    *("W17.email_notification", "W17.appointments_notification"),
    *("W17.results_notification", "W17.marketing_email"),
    *("M3.user_filters", "M3.user_filters/item", "M12.problems/item"),
    *("M5.time_token", "M7.time_token", "M7.psy_time_slots"),
    *("M12.psy_id", "M12.problems", "M12.more_problems", "M12.call_me"),
}
BOOLEANS = {
    "W17.email_notification", "W17.appointments_notification", "W17.results_notification",
    "W17.marketing_email", "M3.user_experience", "M3.user_isindividual", "M12.call_me",
}  # fmt: skip
PAGE = "A5.page"  # beyond the end it is empty
# names and texts that a client writes and somebody reads
WRITTEN = {
    *("W1.first_name", "W1.last_name", "A1.user_name", "A1.first_name", "A1.last_name"),
    *("A3.user_name", "A3.first_name", "A3.last_name", "M2.user_name"),
    *("W13.speciality", "W23.message", "M8.text", "M12.more_problems"),
    *("W1.password", "W15.new_password", "W20.password", "A1.password", "A4.password"),
    "M2.password",
}
NAMES = {name for name in WRITTEN if name.endswith("_name")}
EXAMPLES: Mapping[str, object] = {
    "email": "a@hearth.example", "user_mail": "a@hearth.example", "code": "123456",
    "password": "password", "first_name": "a", "last_name": "a", "user_name": "a", "role": "user",
    "old_password": "password", "new_password": "password", "existing_password": "password",
    "session_id": 1, "id": 1, "message": "a", "psy_id": 1, "psy_time_slots": {"Tue 7 July": 9},
    "text": "a", "user_age": 30, "user_experience": True, "user_isindividual": True,
    "user_sex_preference": 2, "user_time_preference": 2, "user_cash_preference": 0,
    "user_selected_time": 18, "card_name": "a", "card_number": "4242 4242 4242 4242",
    "card_exp": "12/90", "card_ccv": "123",
}  # fmt: skip


def named_fields() -> Iterator[tuple[str, Field]]:
    for row in TABLE:
        for field in row.fields:
            yield f"{row.number}.{field.shown_name}", field


class Asked(Mapping[str, object]):
    """Fields that remember which of them were asked for."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self.fields = fields
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> object:
        self.names.add(name)
        return self.fields[name]

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return name in self.fields

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


def test_every_row_stands_in_the_table_and_has_a_scene():
    numbers = [row.number for row in LEGACY_ROWS]
    assert sorted(row.number for row in TABLE) == sorted(numbers)
    assert SCENES.keys() == set(numbers)


def test_every_scene_calls_its_row():
    for row in LEGACY_ROWS:
        scene = SCENES[row.number]
        assert scene.method in row.methods
        assert scene.path.rstrip("/") == row.path.rstrip("/")


@pytest.mark.parametrize("row", [row for row in LEGACY_ROWS if row.number in TRANSLATIONS],
                         ids=lambda row: row.number)  # fmt: skip
def test_every_field_a_row_reads_stands_in_the_table(row):
    [described] = [each for each in TABLE if each.number == row.number]
    fields, query = Asked(EXAMPLES), Asked({"session_id": "1", "page": "1", "per_page": "10"})
    path = {"id": "1"} if "<id>" in row.path else {}
    request = request_with(
        fields, query=query, path_parameters=path, identity=identity_of(1), files=Asked({})
    )
    for name in ("psy_time_slots", None):  # M7 reads more fields without an hour, or fewer
        fields.fields = {key: value for key, value in EXAMPLES.items() if key != name}
        with contextlib.suppress(FieldRefused):  # what was read until then counts
            TRANSLATIONS[row.number].to_service(request, SURROUNDINGS)
    asked = fields.names | query.names | set(path) | request.files.names
    in_table = {each.name for each in described.fields} - {"session", "session_token"}
    assert asked <= in_table
    assert in_table - {"user_email"} <= asked


def test_every_row_that_wants_a_token_in_the_body_tries_it():
    wants = {row.number for row in LEGACY_ROWS if row.dialect.name == "matching"} - {
        "M1", "M2", "M13",
    }  # fmt: skip
    tried = {
        row.number
        for row in TABLE
        if row.style == MATCHING
        and {"session", "session_token"} <= {each.name for each in row.fields}
    }
    assert tried == wants


@pytest.mark.parametrize(
    ("name", "field"), [pytest.param(*each, id=each[0]) for each in named_fields()]
)
def test_what_must_always_be_refused_is_refused(name, field):
    outcomes = field.kind.outcomes
    accepted = {each for each in NEVER_ACCEPTED if outcomes[each] in {*ACCEPTED, Outcome.OPEN}}
    if field.place != BODY:
        accepted.discard(Input.CUT_BODY)
    assert accepted == set()
    is_optional = outcomes[Input.MISSING] in ACCEPTED
    assert is_optional == (name in MAY_BE_MISSING)
    assert (outcomes[Input.NULL] in {*ACCEPTED, Outcome.OPEN}) <= is_optional
    assert (outcomes[Input.BOOLEAN] in ACCEPTED) == (name in BOOLEANS)
    assert (outcomes[Input.OVER_31_BITS] in ACCEPTED) == (name == PAGE)


def test_what_is_written_is_given_back_exactly():
    assert {name for name, _ in named_fields()} >= WRITTEN
    for name, field in named_fields():
        if name in WRITTEN:
            kept = {each for each in TEXT_INPUTS if field.kind.outcomes[each] is Outcome.KEPT}
            refused = {Input.CRLF, Input.BIDI_OVERRIDE} if name in NAMES else set()
            assert kept == set(TEXT_INPUTS) - refused, name


def test_every_refused_cell_has_an_answer_it_must_get():
    for row in TABLE:
        for cell in cells_of(row):
            if cell.outcome not in ACCEPTED:
                assert refusals(row, cell.field, cell.outcome), f"{row.number} {cell}"


def test_a_body_carries_what_json_cannot_say():
    fields = {"a": Literal("NaN"), "b": ABSENT, "c": "\ud800", "d": [Literal("1.0")], "e": "☃"}
    expected = '{"a": NaN,"c": "\\ud800","d": [1.0],"e": "☃"}'
    assert body_of(fields).decode() == expected
    assert body_of({"a": 1, "b": Cut(), "c": 2}) == b'{"a": 1,"b": "cut he'


def test_a_field_that_stands_in_for_another_leaves_it_out():
    [row] = [each for each in TABLE if each.number == "M2"]
    [cell] = [
        each
        for each in cells_of(row)
        if each.field.name == "user_email" and each.input is Input.EMPTY
    ]
    assert with_cells([cell], {"user_mail": "a", "password": "b"}) == {
        "user_email": "", "password": "b",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "json"),
    [
        (422, {"email": ["This field is required."]}),
        (400, {"email": ["This field may not be null."]}),
        (400, {"email": ["This field is required."], "password": ["no"]}),
        (400, {"detail": "This field is required."}),
    ],
)
def test_an_answer_of_another_form_does_not_fit(status, json):
    row = TableRow(number="W1", style=FIELD_ERRORS)
    field = Field(
        name="email",
        kind=TABLE[0].fields[0].kind,
        says={Outcome.MISSING: ("This field is required.",)},
    )
    [refusal] = refusals(row, field, Outcome.MISSING)
    right = Answer(status=400, media_type="", json={"email": ["This field is required."]})
    assert refusal.fits(right)
    assert not refusal.fits(Answer(status=status, media_type="", json=json))


def test_one_is_not_true():
    refusal = Refusal(200, {"status": False})
    assert not refusal.fits(Answer(status=200, media_type="", json={"status": 0}))


def test_a_row_that_was_written_or_changed_is_told():
    before = frozenset({("auth.accounts", "id=1", "version=1"), ("auth.codes", "id=1")})
    after = frozenset({("auth.accounts", "id=1", "version=2"), ("auth.outbox", "sequence=1")})
    assert written(before, after) == ["auth.accounts id=1 version=2", "auth.outbox sequence=1"]
    assert written(before, before) == []
