"""One description from five: public paths, components without clashes, services that are down."""

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from gateway import openapi
from gateway.openapi import merged
from gateway.routes import LiveOperation
from gateway.tests.conftest import GatewayFactory, body_of
from gateway.tests.stub_services import Reply, StubService

Services = dict[str, StubService]


def described(
    path: str, reference: str, schemas: dict[str, object], *, internal: str | None = None
) -> dict[str, object]:
    operation = {
        "operationId": "read",
        "tags": ["things"],
        "security": [{"bearer": []}],
        "responses": {
            "200": {
                "description": "ok",
                "content": {
                    "application/json": {"schema": {"$ref": f"#/components/schemas/{reference}"}}
                },
            }
        },
    }
    paths: dict[str, object] = {path: {"get": operation}}
    if internal:
        paths[internal] = {"get": {**operation, "operationId": "inside"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "one service", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "unused": {"type": "http", "scheme": "basic"},
            },
        },
        "tags": [{"name": "things"}, {"name": "unused"}],
    }


ERROR = {"type": "object", "properties": {"code": {"type": "string"}}}
AUTH = described(
    "/api/v1/accounts",
    "Page",
    {
        "Page": {"type": "object", "properties": {"item": {"$ref": "#/components/schemas/Item"}}},
        "Item": {"type": "integer"},
        "Error": ERROR,
        "Unreached": {"type": "null"},
    },
    internal="/internal/v1/accounts",
)
CHAT = described(
    "/api/v1/stages",
    "Page",
    {
        "Page": {"type": "object", "properties": {"item": {"$ref": "#/components/schemas/Item"}}},
        "Item": {"type": "string"},
        "Error": ERROR,
    },
)


def test_names_that_mean_two_things_get_their_services_name() -> None:
    document = merged({"auth": AUTH, "chat": CHAT}, "http://gateway.test", [])
    schemas = document["components"]["schemas"]
    assert sorted(schemas) == ["AuthItem", "AuthPage", "ChatItem", "ChatPage"]
    assert schemas["ChatPage"]["properties"]["item"] == {"$ref": "#/components/schemas/ChatItem"}
    answer = document["paths"]["/api/v1/stages"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ChatPage"
    }
    assert document["paths"]["/api/v1/stages"]["get"]["operationId"] == "chat_read"
    assert document["paths"]["/api/v1/accounts"]["get"]["operationId"] == "auth_read"
    validate(document)


def test_only_public_paths_and_what_they_reach_are_told() -> None:
    document = merged({"auth": AUTH}, "http://gateway.test", [])
    assert list(document["paths"]) == ["/api/v1/accounts"]
    assert sorted(document["components"]["schemas"]) == ["Item", "Page"]
    assert list(document["components"]["securitySchemes"]) == ["bearer"]
    assert document["tags"] == [{"name": "things"}]
    assert document["servers"] == [{"url": "http://gateway.test"}]
    assert "x-missing-services" not in document
    validate(document)


@pytest.fixture
def describing(services: Services) -> Services:
    for name, stub in services.items():
        document = described(f"/api/v1/of-{name}", "Thing", {"Thing": {"type": "object"}})
        stub.reply("GET", "/openapi.json", Reply(json=document))
    return services


def test_the_gateway_serves_the_merged_description_and_keeps_it(
    describing: Services, client: FlaskClient
) -> None:
    for _ in range(3):
        document = body_of(client.get("/openapi.json"))
        validate(document)
        of_services = {f"/api/v1/of-{name}" for name in describing}
        assert document["paths"].keys() - of_services == set(LiveOperation)
        assert of_services <= document["paths"].keys()
    for stub in describing.values():
        assert [asked.path for asked in stub.asked].count("/openapi.json") == 1


def test_a_service_never_seen_is_named_and_one_seen_before_is_remembered(
    describing: Services, make_gateway: GatewayFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openapi, "KEPT_SECONDS", 0.0)
    monkeypatch.setattr(openapi, "KEPT_INCOMPLETE_SECONDS", 0.0)
    describing["chat"].reply("GET", "/openapi.json", Reply(status=500, json={}))
    describing["booking"].reply("GET", "/openapi.json", Reply(content=b"nonsense"))
    client = make_gateway().test_client()
    first = body_of(client.get("/openapi.json"))
    assert first["x-missing-services"] == ["booking", "chat"]
    assert "/api/v1/of-auth" in first["paths"]
    describing["auth"].reply("GET", "/openapi.json", Reply(status=503, json={}))
    second = body_of(client.get("/openapi.json"))
    assert second["x-missing-services"] == ["booking", "chat"]
    assert "/api/v1/of-auth" in second["paths"]


def test_every_service_being_down_is_still_an_answer(make_gateway: GatewayFactory) -> None:
    urls = {
        f"{name}_URL": "http://127.0.0.1:9"
        for name in ("AUTH", "PROFILE", "BOOKING", "CHAT", "NOTIFICATION")
    }
    response = make_gateway(is_loaded=False, **urls).test_client().get("/openapi.json")
    assert response.status_code == 200
    assert len(body_of(response)["x-missing-services"]) == 5
