"""What stands below `/app/` is the portal's: its pages, its cookies, and nothing of the API's."""

import io
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from gateway.tests.conftest import GatewayFactory
from gateway.tests.stub_services import Reply, StubService
from gateway.upstreams import Patience
from shared.testing.tokens import TokenMaker

Services = dict[str, StubService]
PORTAL_KEY = "the portal's key, known to two of us"
PAGE = Reply(
    content=b"<h1>Confirm</h1>",
    headers={
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; form-action 'self'",
        "Set-Cookie": "__Host-hearth=sealed; Path=/; Secure; HttpOnly; SameSite=Lax",
        "Cache-Control": "no-store",
    },
)


@pytest.fixture
def portal() -> Iterator[StubService]:
    """Give a portal that answers every page alike."""
    stub = StubService()
    stub.script = lambda _asked: PAGE
    yield stub
    stub.close()


@pytest.fixture
def client(make_gateway: GatewayFactory, portal: StubService) -> FlaskClient:
    """Give a caller of a gateway in front of the portal."""
    app = make_gateway(PORTAL_URL=portal.url, PORTAL_KEY=PORTAL_KEY)
    return app.test_client(use_cookies=False)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    ("asked", "received"),
    [
        ("/app/", "/app/"),
        ("/app/confirm-address?token=a.b-c_d", "/app/confirm-address?token=a.b-c_d"),
        ("/app/login-sessions/", "/app/login-sessions/"),
        ("/app/static/page.css", "/app/static/page.css"),
        ("/app/%D0%B6?q=%D0%B6", "/app/%D0%B6?q=%D0%B6"),
    ],
)
def test_a_page_passes_to_the_portal_as_it_was_asked_for(
    method: str, asked: str, received: str, client: FlaskClient, portal: StubService
) -> None:
    answer = client.open(asked, method=method)
    assert answer.status_code == 200
    assert answer.get_data() == (b"" if method == "HEAD" else PAGE.content)
    assert answer.headers["Content-Length"] == str(len(PAGE.content or b""))
    assert [(each.method, each.target) for each in portal.asked] == [(method, received)]


def test_cookies_travel_below_app_and_nowhere_else(
    client: FlaskClient, portal: StubService, services: Services
) -> None:
    headers = {"Cookie": "__Host-hearth=sealed; other=1"}
    page = client.get("/app/login-sessions", headers=headers)
    assert portal.asked[-1].headers["cookie"] == "__Host-hearth=sealed; other=1"
    assert page.headers.getlist("Set-Cookie") == [PAGE.headers["Set-Cookie"]]
    services["chat"].script = lambda _asked: PAGE
    for path in ("/api/v1/stages", "/users/sessions/", "/application", "/docs"):
        answer = client.get(path, headers=headers)
        assert "Set-Cookie" not in answer.headers
    assert all("cookie" not in each.headers for each in services["chat"].asked)
    assert len(portal.asked) == 1


def test_the_portal_hears_who_asks_and_no_token(
    client: FlaskClient, portal: StubService, token_maker: TokenMaker
) -> None:
    headers = {
        **token_maker.headers(),
        "X-Forwarded-For": "203.0.113.9",
        "X-Portal-Key": "guessed",
        "X-Internal-Key": "guessed",
        "Accept-Language": "ar",
        "Origin": "http://gateway.test",
        "Sec-Fetch-Site": "same-origin",
        "X-Request-ID": "0b9f4a5e6c7d8e9f0a1b2c3d4e5f6a7b",
    }
    client.post("/app/undo-email-change", data={"token": "t"}, headers=headers)
    asked = portal.asked[-1]
    assert asked.body == b"token=t"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["x-forwarded-for"] == "127.0.0.1"
    assert asked.headers["x-portal-key"] == PORTAL_KEY
    for name in ("Accept-Language", "Origin", "Sec-Fetch-Site", "X-Request-ID"):
        assert asked.headers[name.lower()] == headers[name]
    assert not {"authorization", "x-internal-key"} & asked.headers.keys()


def test_the_portals_own_headers_stand_and_no_other_site_may_read_a_page(
    client: FlaskClient,
) -> None:
    answer = client.get("/app/", headers={"Origin": "http://localhost:3000"})
    assert answer.headers["Content-Security-Policy"] == PAGE.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-ID"]
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_form_may_lead_to_the_next_page(
    status: int, client: FlaskClient, portal: StubService
) -> None:
    reply = Reply(status=status, content=b"", headers={"Location": "/app/done"})
    portal.script = lambda _asked: reply
    answer = client.post("/app/set-password", data={"password": "x"})
    assert (answer.status_code, answer.headers["Location"]) == (status, "/app/done")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_app_without_a_slash_leads_to_the_root(
    method: str, client: FlaskClient, portal: StubService
) -> None:
    answer = client.open("/app?lang=ar", method=method)
    assert (answer.status_code, answer.headers["Location"]) == (308, "/app/?lang=ar")
    assert client.post("/app").status_code == 405
    assert portal.asked == []


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "PATCH", "PUT", "TRACE", "BREW"])
def test_pages_know_get_head_and_post_only(
    method: str, client: FlaskClient, portal: StubService
) -> None:
    answer = client.open("/app/", method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert portal.asked == []


@pytest.mark.parametrize(
    "path",
    [
        "/app//x", "/app/../api/v1/stages", "/app/./x", "/app/x//", "/app/%2e%2e/x", "/app/%00",
    ],
)  # fmt: skip
def test_a_path_that_could_be_read_as_another_is_no_page(
    path: str, client: FlaskClient, portal: StubService, services: Services
) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert portal.asked == []
    assert services["chat"].asked == []


@pytest.mark.parametrize("path", ["/application", "/appetite/", "/APP/", "/App"])
def test_what_only_begins_like_the_portal_is_not_it(
    path: str, client: FlaskClient, portal: StubService
) -> None:
    assert client.get(path).status_code == 404
    assert portal.asked == []


class Unread(io.BytesIO):
    """A body whose reading is a failure."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("read")


def test_a_form_has_64_kibibytes(client: FlaskClient, portal: StubService) -> None:
    form = "application/x-www-form-urlencoded"
    assert client.post("/app/x", data=b"a=" + b"x" * 65_534, content_type=form).status_code == 200
    too_long = {"CONTENT_LENGTH": "65537", "wsgi.input": Unread()}
    refused = client.post("/app/x", content_type=form, environ_overrides=too_long)
    assert refused.status_code == 413
    assert refused.headers["Content-Type"].startswith("text/html")
    assert len(portal.asked) == 1


@pytest.mark.parametrize(
    ("language", "direction", "word"),
    [
        ("en", "ltr", "Nothing is lost"),
        ("ru", "ltr", "Ничего не потеряно"),
        ("ar", "rtl", "لم يضِع شيء"),
    ],
)  # fmt: skip
def test_a_portal_that_is_down_is_a_page_for_people(
    language: str, direction: str, word: str, make_gateway: GatewayFactory
) -> None:
    client = make_gateway(PORTAL_URL="http://127.0.0.1:9").test_client()
    answer = client.get("/app/set-password?token=t", headers={"Accept-Language": language})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert word in page
    assert "token" not in page
    assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert client.get("/docs/page.css").status_code == 200, "what the page loads is the gateway's"


def test_a_portal_that_hangs_is_the_same_page_and_stops_no_one_else(
    make_gateway: GatewayFactory, portal: StubService, services: Services
) -> None:
    portal.script = lambda _asked: Reply(
        status=503, content=b"own page", headers={"Content-Type": "text/html"}
    )
    patience = Patience(read_seconds=0.2, total_seconds=0.2)
    client = make_gateway(patience, PORTAL_URL=portal.url).test_client()
    assert client.get("/app/").get_data() == b"own page", "what the portal says of itself stands"
    assert client.get("/api/v1/stages").status_code == 200


def test_a_page_counts_against_the_general_limit(
    make_gateway: GatewayFactory, portal: StubService
) -> None:
    client = make_gateway(PORTAL_URL=portal.url, RATE_LIMIT_SCALE="0.01").test_client()
    answers = [client.get("/app/nothing") for _ in range(7)]
    assert [each.status_code for each in answers] == [200] * 6 + [429]
    assert answers[-1].headers["Content-Type"].startswith("text/html")
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_the_portal_says_for_whom_it_asks_and_nobody_else_does(
    client: FlaskClient, make_gateway: GatewayFactory, services: Services
) -> None:
    told = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    for shown, address in ((PORTAL_KEY, "203.0.113.9"), ("", "127.0.0.1"), ("é", "127.0.0.1")):
        client.get("/api/v1/stages", headers={**told, "X-Portal-Key": shown})
        asked = services["chat"].asked[-1]
        assert asked.headers["x-forwarded-for"] == address
        assert not {"x-portal-key", "x-forwarded-proto"} & asked.headers.keys()
    keyless = make_gateway().test_client()
    keyless.get("/api/v1/stages", headers={**told, "X-Portal-Key": ""})
    assert services["chat"].asked[-1].headers["x-forwarded-for"] == "127.0.0.1"
