"""The contracts as data: complete, true to their examples, and free of what must never travel."""

import json
import re

import pytest

from shared.events.catalogue import (
    SERVICES,
    SHIPPED_DIRECTORY,
    BadCatalogue,
    CatalogueEntry,
    InvalidEventData,
    UnknownEventType,
    load_catalogue,
    shipped_catalogue,
    shipped_example,
    source_of,
)
from shared.tests.events.parts import write_catalogue

ENTRIES = sorted(shipped_catalogue().entries.values(), key=lambda entry: entry.type)
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.type)
CONTACT_FIELDS = {"email", "first_name", "last_name", "user_name", "phone", "address"}
NEVER = re.compile(r"password|token|text|answer|reason|card|code$", re.IGNORECASE)


def schema_of(entry: CatalogueEntry):
    return json.loads(
        (SHIPPED_DIRECTORY / entry.producer / f"{entry.type}.schema.json").read_text()
    )


def test_every_service_has_a_catalogue():
    assert {path.parent.name for path in SHIPPED_DIRECTORY.glob("*/catalogue.yaml")} == set(
        SERVICES
    )


@every_entry
def test_the_example_fits_its_contract(entry: CatalogueEntry):
    example = shipped_example(entry.type)
    assert (example.type, example.source) == (entry.type, source_of(entry.producer))
    entry.check(subject=example.subject, data=example.data)


@every_entry
def test_an_example_without_a_required_field_does_not_fit(entry: CatalogueEntry):
    example = shipped_example(entry.type)
    for name in schema_of(entry)["required"]:
        rest = {key: value for key, value in example.data.items() if key != name}
        with pytest.raises(InvalidEventData):
            entry.check(subject=example.subject, data=rest)


@every_entry
def test_nothing_outside_the_schema_may_leave(entry: CatalogueEntry):
    example = shipped_example(entry.type)
    with pytest.raises(InvalidEventData):
        entry.check(subject=example.subject, data={**example.data, "diary": "dear diary"})


@every_entry
def test_names_and_addresses_stand_only_where_they_are_marked(entry: CatalogueEntry):
    holds = CONTACT_FIELDS & set(schema_of(entry)["properties"])
    assert bool(holds) == entry.has_contact_data
    assert not entry.has_contact_data or entry.producer == "auth_service"


@every_entry
def test_what_must_never_travel_has_no_field(entry: CatalogueEntry):
    suspicious = [
        name
        for name, schema in schema_of(entry)["properties"].items()
        # a count of answers is none, and fixed words are nothing that somebody wrote
        if NEVER.search(name) and schema.get("type") != "integer" and "enum" not in schema
    ]
    assert [name for name in suspicious if not name.startswith("sealed")] == []


@every_entry
def test_an_entry_says_what_it_means_and_is_not_heard_by_its_producer(entry: CatalogueEntry):
    assert len(entry.description) > 20
    assert entry.producer not in entry.consumers


def test_no_schema_or_example_is_left_without_an_entry():
    types = {entry.type for entry in ENTRIES}
    assert {
        path.name.removesuffix(".schema.json") for path in SHIPPED_DIRECTORY.glob("*/*.schema.json")
    } == types
    assert {path.stem for path in SHIPPED_DIRECTORY.glob("*/examples/*.json")} == types


def test_a_type_nobody_wrote_down_is_unknown():
    with pytest.raises(UnknownEventType):
        shipped_catalogue().entry("auth.account.teleported.v1")


def test_a_complaint_names_the_place_and_never_the_value():
    entry = shipped_catalogue().entry("auth.account.changed.v1")
    data = {**shipped_example(entry.type).data, "version": "secret-value"}
    with pytest.raises(InvalidEventData, match="version") as caught:
        entry.check(subject="account/17", data=data)
    assert "secret-value" not in str(caught.value)


@pytest.mark.parametrize("subject", ["account/", "account/1/2", "person/1", "account/1 2", ""])
def test_a_subject_of_another_form_does_not_fit(subject: str):
    entry = shipped_catalogue().entry("auth.account.changed.v1")
    with pytest.raises(InvalidEventData):
        entry.check(subject=subject, data=shipped_example(entry.type).data)


def test_the_topology_names_for_each_hearer_exactly_its_types(tmp_path):
    catalogue = write_catalogue(
        tmp_path,
        {
            "auth.thing.happened.v1": ["booking_service", "chat_service"],
            "auth.thing.told.v1": ["chat_service"],
            "auth.thing.unheard.v1": [],
        },
    )
    assert catalogue.topology() == {
        "booking_service": {"auth.thing.happened.v1"},
        "chat_service": {"auth.thing.happened.v1", "auth.thing.told.v1"},
    }
    assert not catalogue.has_consumers("auth.thing.unheard.v1")
    assert catalogue.has_consumers("auth.thing.from_tomorrow.v1")


@pytest.mark.parametrize(
    "consumers",
    [
        {"auth.thing.happened.v1": ["kitchen_service"]},
        {"auth.thing.happened": ["chat_service"]},
        {"booking.thing.happened.v1": ["chat_service"]},
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused(tmp_path, consumers):
    with pytest.raises(BadCatalogue):
        write_catalogue(tmp_path, consumers)


def test_a_type_without_a_schema_is_refused(tmp_path):
    write_catalogue(tmp_path, {"auth.thing.happened.v1": []})
    (tmp_path / "auth_service" / "auth.thing.happened.v1.schema.json").unlink()
    with pytest.raises(BadCatalogue):
        load_catalogue(tmp_path)
