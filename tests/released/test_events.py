"""What is released goes on working beside what is new: each service is deployed on a day of its
own, so that events of the last release meet the present listeners, and present ones its listeners.
"""

import importlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from shared.database import Database
from shared.events.catalogue import (
    SHIPPED_DIRECTORY,
    Catalogue,
    load_catalogue,
    load_example,
    shipped_catalogue,
    shipped_example,
)
from shared.migrations import migrate
from shared.settings import SERVICES
from shared.testing.clocks import StandingClock
from shared.testing.hearing import hear

RELEASED = SHIPPED_DIRECTORY.parent / "released" / "events"


@cache
def released() -> Catalogue:
    return load_catalogue(RELEASED)


TYPES = sorted(released().entries)
HEARD = [
    (package, event_type)
    for package in (f"{name}_service" for name in SERVICES)
    for event_type in sorted(released().heard_by(package) & shipped_catalogue().heard_by(package))
]


def test_there_is_something_released() -> None:
    assert len(TYPES) >= 20
    assert {package for package, _ in HEARD} == {f"{name}_service" for name in SERVICES}


@pytest.mark.parametrize("event_type", TYPES)
def test_a_released_type_is_still_said_and_goes_where_it_went(event_type: str) -> None:
    entry, before = shipped_catalogue().entry(event_type), released().entry(event_type)
    assert entry.producer == before.producer
    assert set(before.consumers) <= set(entry.consumers)
    assert entry.subject == before.subject


@pytest.mark.parametrize("event_type", TYPES)
def test_listeners_of_the_last_release_find_what_they_read(event_type: str) -> None:
    """They ignore what is new to them; everything else has to be as it was."""
    example, before = shipped_example(event_type), released().entry(event_type)
    known = set(load_example(RELEASED, before).data) | _members_of(before.producer, event_type)
    data = {name: value for name, value in example.data.items() if name in known}
    before.check(subject=example.subject, data=data)


def _members_of(producer: str, event_type: str) -> set[str]:
    text = (RELEASED / producer / f"{event_type}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return set(schema["properties"])


@pytest.mark.parametrize(("package", "event_type"), HEARD)
def test_present_listeners_take_what_the_last_release_says(
    package: str, event_type: str, tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'data.sqlite3'}")
    try:
        migrate(package, database)
        handlers = importlib.import_module(f"{package}.listeners").HANDLERS
        example = load_example(RELEASED, released().entry(event_type))
        assert hear(database, StandingClock(), handlers, example, example) == ["done", "done"]
    finally:
        database.dispose()
