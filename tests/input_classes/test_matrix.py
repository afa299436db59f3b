"""Every field of every row against every class of input, on the whole platform: what must be
refused is refused in the dialect's words and leaves nothing behind, what is accepted is shown as
it was sent.
"""

import pytest

from tests.conftest import place_of
from tests.input_classes.cells import (
    Cell,
    can_be_a_form,
    cells_of,
    grouped,
    try_accepted,
    try_refused,
)
from tests.input_classes.kinds import ACCEPTED, Outcome
from tests.input_classes.scenes import SCENES, Cast
from tests.input_classes.stored_rows import Databases, written
from tests.input_classes.table import TABLE, TableRow
from tests.running_platform import RunningPlatform

IN_FORMS = [row for row in TABLE if any(map(can_be_a_form, cells_of(row)))]
WAITS_FOR_MAILS = {"W3", "W14", "W19", "W20"}
"""In forms only refusals are tried there."""


@pytest.fixture(scope="session")
def casts() -> dict[str, Cast]:
    """The people of each platform, by its URL."""
    return {}


@pytest.fixture
def cast(running: RunningPlatform, casts: dict[str, Cast]) -> Cast:
    return casts.setdefault(running.url, Cast(place=place_of(running)))


@pytest.mark.redis
@pytest.mark.parametrize("row", TABLE, ids=[row.number for row in TABLE])
def test_every_class_of_input_means_what_the_contract_says(
    row, running: RunningPlatform, cast: Cast
):
    wrong = wrong_cells(row, running, cast, cells_of(row))
    wrong += try_accepted(cast, SCENES[row.number], row, [])
    assert wrong == [], "\n".join([f"{len(wrong)} wrong cells of {row.number}:", *wrong])


@pytest.mark.embedded
@pytest.mark.parametrize("row", IN_FORMS, ids=[row.number for row in IN_FORMS])
def test_a_form_means_the_same(row, running: RunningPlatform, cast: Cast):
    cells = [cell for cell in cells_of(row) if can_be_a_form(cell)]
    wrong = wrong_cells(row, running, cast, cells, is_form=True)
    assert wrong == [], "\n".join([f"{len(wrong)} wrong cells of {row.number}:", *wrong])


def wrong_cells(
    row: TableRow, running: RunningPlatform, cast: Cast, cells: list[Cell], *, is_form: bool = False
) -> list[str]:
    """Send the cells, those that must be refused first and between two looks at the databases."""
    scene = SCENES[row.number]
    databases = Databases(running)
    refused = [cell for cell in cells if cell.outcome not in {*ACCEPTED, Outcome.OPEN}]
    either = [cell for cell in cells if cell.outcome is Outcome.OPEN]
    valid = scene.fresh(cast)
    scene.headers(cast)
    before = databases.stored()
    wrong = []
    for cell in refused:
        wrong += try_refused(cast, scene, row, cell, valid, is_form=is_form)
    wrong += [f"a refusal left {line}" for line in written(before, databases.stored())]
    for cell in either:
        wrong += try_refused(cast, scene, row, cell, scene.fresh(cast), is_form=is_form)
    if is_form and row.number in WAITS_FOR_MAILS:
        return wrong
    for group in grouped(scene, row, cells):
        wrong += try_accepted(cast, scene, row, group, is_form=is_form)
    return wrong
