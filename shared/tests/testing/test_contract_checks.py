"""The checks that every service runs against its contracts see what they are meant to see."""

from sqlalchemy import Column, Index, Integer, MetaData, String, Table

from shared.database import Database
from shared.events.envelope import Event
from shared.testing.contract_checks import (
    events_off_contract,
    gaps_for_clients,
    schema_drift,
    undescribed_fields,
)


def shoes(*more: Column | Index) -> MetaData:
    metadata = MetaData()
    Table("shoes", metadata, Column("id", Integer, primary_key=True), *more)
    return metadata


def kinds_of_drift(database: Database, metadata: MetaData) -> list[str]:
    return [difference[0] for difference in schema_drift(database, [metadata])]


def test_what_was_migrated_does_not_drift(bare_database: Database):
    shoes(Column("colour", String(20))).create_all(bare_database.engine)
    assert kinds_of_drift(bare_database, shoes(Column("colour", String(20)))) == []


def test_a_column_nobody_migrated_is_seen(bare_database: Database):
    shoes().create_all(bare_database.engine)
    assert kinds_of_drift(bare_database, shoes(Column("colour", String(20)))) == ["add_column"]


def test_a_column_no_model_speaks_of_is_seen(bare_database: Database):
    shoes(Column("colour", String(20))).create_all(bare_database.engine)
    assert kinds_of_drift(bare_database, shoes()) == ["remove_column"]


def test_an_index_nobody_migrated_is_seen(bare_database: Database):
    colour = Column("colour", String(20))
    shoes(colour).create_all(bare_database.engine)
    indexed = shoes(Column("colour", String(20)), Index("shoes_by_colour", "colour"))
    assert kinds_of_drift(bare_database, indexed) == ["add_index"]


STARTED = Event(
    type="profile.membership.started.v1",
    subject="account/17",
    data={"account_id": 17, "started_at": "2026-11-21T08:00:00.000000Z"},
)


def test_a_type_nobody_built_is_named():
    found = events_off_contract("profile_service", [STARTED])
    assert found == ["profile.profile.changed.v1: nobody built it"]


def test_an_event_of_another_shape_is_named():
    wrong = Event(type=STARTED.type, subject=STARTED.subject, data={"account_id": "17"})
    found = events_off_contract("profile_service", [STARTED, wrong])
    assert any(line.startswith("profile.membership.started.v1: ") for line in found)


def test_a_member_nobody_sets_is_named():
    changed = Event(type="profile.profile.changed.v1", subject="account/17", data={"version": 1})
    found = events_off_contract("profile_service", [STARTED, changed])
    assert "profile.profile.changed.v1: nobody sets country" in found


def test_an_event_of_another_service_is_named():
    found = events_off_contract("notification_service", [STARTED])
    assert "profile.membership.started.v1: profile_service announces it" in found


def test_fields_and_queries_without_a_description_are_named():
    described = {"type": "string", "description": "of the sole"}
    document = {
        "components": {
            "schemas": {"Shoe": {"properties": {"colour": described, "size": {"type": "integer"}}}}
        },
        "paths": {
            "/shoes": {
                "get": {
                    "parameters": [
                        {"in": "query", "name": "colour", "description": "exactly"},
                        {"in": "query", "name": "size", "description": " "},
                        {"in": "path", "name": "id"},
                    ]
                }
            }
        },
    }
    assert undescribed_fields(document) == ["GET /shoes?size", "Shoe.size"]


def test_what_a_client_would_miss_is_named():
    operation = {"responses": {"200": {"content": {"application/json": {"schema": SHOE}}}}}
    document = {
        "info": {},
        "paths": {
            "/api/v1/shoes": {
                "get": {"operationId": "list_shoes", "tags": ["shoes"], **operation},
                "post": {"operationId": "list_shoes", "tags": ["shoes"], **operation},
                "put": {"tags": ["shoe_shop"], **operation},
            }
        },
        "components": {
            "schemas": {
                "Shoe": {
                    "type": "object",
                    "properties": {
                        "size": {"description": "of the sole"},
                        "colour": {"type": "string", "pattern": r"[a-z]+\Z"},
                    },
                }
            }
        },
    }
    unnamed = "says of no member that it is there"
    assert gaps_for_clients(document) == [
        "post /api/v1/shoes has no name of its own: 'list_shoes'",
        "put /api/v1/shoes has no name of its own: ''",
        "put /api/v1/shoes has other tags than its noun",
        "Shoe.size has no type",
        f"get /api/v1/shoes 200: Shoe {unnamed}",
        f"post /api/v1/shoes 200: Shoe {unnamed}",
        f"put /api/v1/shoes 200: Shoe {unnamed}",
        r"pattern [a-z]+\Z is Python's alone",
        "info has no licence",
    ]


SHOE = {"$ref": "#/components/schemas/Shoe"}
