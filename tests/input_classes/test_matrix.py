"""Every field of every row against every class of input, on the whole platform: what must be
refused is refused in the dialect's words and leaves nothing behind, what is accepted is shown as
it was sent.
"""

import pytest

from tests.conftest import place_of
from tests.input_classes.cells import cells_of, grouped, try_accepted, try_refused
from tests.input_classes.kinds import ACCEPTED, Outcome
from tests.input_classes.scenes import SCENES, Cast
from tests.input_classes.stored_rows import Databases, written
from tests.input_classes.table import TABLE
from tests.running_platform import RunningPlatform


@pytest.fixture(scope="session")
def casts() -> dict[str, Cast]:
    """The people of each platform, by its URL."""
    return {}


@pytest.fixture
def cast(running: RunningPlatform, casts: dict[str, Cast]) -> Cast:
    return casts.setdefault(running.url, Cast(place=place_of(running)))


@pytest.mark.parametrize("row", TABLE, ids=[row.number for row in TABLE])
def test_every_class_of_input_means_what_the_contract_says(
    row, running: RunningPlatform, cast: Cast
):
    scene = SCENES[row.number]
    databases = Databases(running)
    refused = [cell for cell in cells_of(row) if cell.outcome not in {*ACCEPTED, Outcome.OPEN}]
    either = [cell for cell in cells_of(row) if cell.outcome is Outcome.OPEN]
    valid = scene.fresh(cast)
    scene.headers(cast)
    before = databases.stored()
    wrong = [line for cell in refused for line in try_refused(cast, scene, row, cell, valid)]
    left = written(before, databases.stored())
    wrong += [f"a refusal left {line}" for line in left]
    for cell in either:
        wrong += try_refused(cast, scene, row, cell, scene.fresh(cast))
    wrong += try_accepted(cast, scene, row, [])
    for group in grouped(scene, row):
        wrong += try_accepted(cast, scene, row, group)
    assert wrong == [], "\n".join([f"{len(wrong)} wrong cells of {row.number}:", *wrong])
