"""The index, the docs page that loads nothing from outside, health, and the port of the metrics."""

import re
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from gateway import health
from gateway.metrics import Metrics, serve_metrics
from gateway.tests.conftest import GatewayFactory, body_of
from gateway.tests.driving import parts_of
from gateway.tests.stub_services import Reply, StubService
from shared.testing.tokens import TokenMaker
from shared.testing.waiting import eventually

Services = dict[str, StubService]
INDEX = {
    "status": True,
    "name": "Hearth",
    "docs": "/docs",
    "openapi": "/openapi.json",
    "health": "/readyz",
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        (None, False),
        ("*/*", False),
        ("application/json", False),
        ("text/html", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("application/json, text/html;q=0.5", False),
        ("image/png", False),
    ],
)
def test_the_index_is_a_page_for_people_and_json_for_programs(
    method: str, accept: str | None, is_page: bool, client: FlaskClient
) -> None:
    headers = {"Accept": accept} if accept else {}
    response = client.open("/", method=method, headers=headers)
    assert response.status_code == 200
    if is_page:
        assert response.headers["Content-Type"].startswith("text/html")
        page = response.get_data(as_text=True)
        assert all(f'href="{link}"' in page for link in ("/docs", "/openapi.json", "/readyz"))
        assert "screening" not in page  # nobody serves any
    else:
        assert body_of(response) == INDEX


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/"])
def test_the_pages_load_nothing_from_outside(path: str, client: FlaskClient) -> None:
    response = client.get(path, headers={"Accept": "text/html"})
    page = response.get_data(as_text=True)
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert loaded
    assert all(link.startswith("/") and not link.startswith("//") for link in loaded)
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert "style=" not in page
    policy = response.headers["Content-Security-Policy"]
    assert "http" not in policy
    assert "unsafe" not in policy
    for link in loaded:
        found = client.get(link)
        assert found.status_code in (200, 503), link
        assert len(found.get_data()) > 0


def test_the_docs_page_is_not_dressed_as_the_index(client: FlaskClient) -> None:
    page = client.get("/docs").get_data(as_text=True)
    assert "/docs/docs.css" in page
    assert "/docs/page.css" not in page


def test_what_the_docs_page_starts_with_asks_this_host_only(client: FlaskClient) -> None:
    script = client.get("/docs/start.js").get_data(as_text=True)
    assert 'url: "/openapi.json"' in script
    assert "validatorUrl: null" in script
    assert "http" not in script


@pytest.mark.parametrize("name", ["../pages.py", "%2e%2e/pages.py", "index.html", "x", "a/b"])
def test_no_other_file_is_served(name: str, client: FlaskClient) -> None:
    response = client.get(f"/docs/{name}")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.fixture
def portal() -> Iterator[StubService]:
    stub = StubService()
    stub.reply("GET", "/readyz", Reply(json={"status": "ready"}))
    yield stub
    stub.close()


@pytest.fixture
def environment(environment: dict[str, str], portal: StubService) -> dict[str, str]:
    """Give the settings of a gateway with a portal."""
    return {**environment, "PORTAL_URL": portal.url}


@pytest.fixture
def ready_services(services: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setattr(health, "KEPT_SECONDS", 0.0)
    for stub in services.values():
        stub.reply("GET", "/readyz", Reply(json={"status": "ready"}))
    return services


def test_ready_when_all_are_up_degraded_when_one_is_not(
    ready_services: Services, portal: StubService, gateway: Flask, client: FlaskClient
) -> None:
    hearing = parts_of(gateway).hearing
    hearing.start()
    eventually(lambda: hearing.is_hearing)
    everything = client.get("/readyz")
    assert everything.status_code == 200
    assert body_of(everything) == {
        "status": "ready",
        "services": dict.fromkeys((*ready_services, "portal"), "ready"),
        "problems": {},
        "checks": {"ended_sessions": "ok", "token_keys": "ok", "live_facts": "ok"},
    }
    ready_services["chat"].reply("GET", "/readyz", Reply(status=503, json={}))
    checks = {"database": "ok", "broker": "unreachable", "worker": "ok"}
    degraded = {"status": "degraded", "checks": checks}
    ready_services["booking"].reply("GET", "/readyz", Reply(json=degraded))
    ready_services["profile"].reply("GET", "/readyz", Reply(content=b"what"))
    ready_services["notification"].close()
    portal.close()
    weaker = client.get("/readyz/")
    assert weaker.status_code == 200
    assert body_of(weaker)["status"] == "degraded"
    assert body_of(weaker)["services"] == {
        "auth": "ready",
        "profile": "unavailable",
        "booking": "degraded",
        "chat": "unavailable",
        "notification": "down",
        "portal": "down",
    }
    assert body_of(weaker)["problems"] == {"booking": {"broker": "unreachable"}}


def test_not_ready_without_ended_sessions_or_keys(
    ready_services: Services, make_gateway: GatewayFactory
) -> None:
    unloaded = make_gateway(is_loaded=False).test_client().get("/readyz")
    assert unloaded.status_code == 503
    assert body_of(unloaded)["checks"]["ended_sessions"] == "failing"
    keyless = make_gateway(TOKEN_PUBLIC_KEYS='{"keys": []}').test_client()
    answer = keyless.get("/readyz")
    assert (answer.status_code, body_of(answer)["checks"]["token_keys"]) == (503, "failing")
    assert body_of(keyless.get("/healthz")) == {"status": "alive"}


def test_readiness_is_asked_for_at_most_once_a_second(
    services: Services, client: FlaskClient
) -> None:
    for _ in range(5):
        client.get("/readyz")
    paths = [asked.path for asked in services["chat"].asked]
    assert 1 <= paths.count("/readyz") <= 2


@pytest.fixture
def metrics_url(gateway: Flask) -> Iterator[str]:
    server = serve_metrics(parts_of(gateway).metrics, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_metrics_count_legacy_urls_and_are_read_on_their_own_port_only(
    gateway: Flask, metrics_url: str, services: Services, token_maker: TokenMaker
) -> None:
    client = gateway.test_client()
    for _ in range(3):
        client.get("/users/5", headers=token_maker.headers())
    client.get("/users/others_profile/77/")
    client.open("/api/v1/stages", method="BREW")
    services["chat"].close()
    client.get("/api/v1/stages")
    text = requests.get(f"{metrics_url}/metrics", timeout=5).text
    assert (
        'hearth_gateway_legacy_requests_total{dialect="accounts",row="A2",url="/users/<id>"} 3.0'
        in text
    )
    assert 'row="W7",url="/users/others_profile/<id>"} 1.0' in text
    assert "77" not in re.findall(r'url="([^"]*)"', text)
    assert 'hearth_gateway_requests_total{method="other",row="chat",status="405"} 1.0' in text
    assert 'hearth_gateway_upstream_failures_total{reason="connection",upstream="chat"}' in text
    assert requests.get(f"{metrics_url}/other", timeout=5).status_code == 404
    for path in ("/metrics", "/metrics/"):
        assert client.get(path).status_code == 404


def test_two_processes_may_share_the_metrics_port() -> None:
    first, second = Metrics(), Metrics()
    servers = [serve_metrics(first, "127.0.0.1", 0)]
    port = servers[0].server_port
    servers.append(serve_metrics(second, "127.0.0.1", port))
    try:
        assert [server.server_port for server in servers] == [port, port]
        assert requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).status_code == 200
        _stop(servers.pop(0))
        second.count_request("own", "GET", 200, 0.1)
        answered = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        # the one that is left answers on the port both had
        assert 'hearth_gateway_requests_total{method="GET",row="own",status="200"} 1.0' in answered
    finally:
        for server in servers:
            _stop(server)


def _stop(server: ThreadingHTTPServer) -> None:
    server.shutdown()
    server.server_close()
