"""Who calls: the language of a caller who says none, several, or any; the address of one who
comes through proxies.
"""

import pytest
import structlog

from gateway.callers import MAX_NAMED_PEERS, best_locale
from gateway.tests.conftest import GatewayFactory
from gateway.tests.stub_services import StubService

Services = dict[str, StubService]
ONE_CLIENT = [
    "203.0.113.9",
    "203.0.113.9:51234",
    "[203.0.113.9]:51234",
    "::ffff:203.0.113.9",
    "[::FFFF:203.0.113.9]:443",
    "64:ff9b::cb00:7109",
    "198.51.100.1, 203.0.113.9:7, 10.0.0.9:80, [::ffff:10.0.0.8]",
]
ONE_NETWORK = ["2001:db8::1", "2001:DB8::9%eth0", "[2001:db8:0:0:f::1]:443"]
THE_PEER = [
    "", "unknown", "_hidden", "203.0.113.009", "203.0.113.9,", "203.0.113.9, unix:", "10.0.0.9:1",
]  # fmt: skip


@pytest.mark.parametrize(
    ("accept_language", "found"),
    [
        ("ru", "ru"),
        ("EN-us", "en"),
        ("en-GB, ru;q=0.9", "en"),
        ("en-GB;q=1, ru-RU;q=0.9", "en"),
        ("ru, en-GB", "ru"),
        ("en-GB, ru", "en"),
        ("fr, ar-EG;q=0.5, en;q=0.4", "ar"),
        ("en;q=0, ru;q=0.1", "ru"),
        ("de, *;q=0.1, ar;q=0.05", "ar"),
        ("*", "own"),
        ("de, *;q=0.1", "own"),
        ("en;q=0", "own"),
        ("", "own"),
        (";;,,=", "own"),
    ],
)
def test_the_best_language_is_the_one_the_caller_likes_most(accept_language: str, found: str):
    assert best_locale(accept_language, "own") == found


def _refused_after(gateway_client, forwarded: list[str]) -> list[int]:
    answers = [
        gateway_client.get("/api/v1/stages", headers={"X-Forwarded-For": each}).status_code
        for each in forwarded
    ]
    assert set(answers) <= {200, 429}
    return [index for index, status in enumerate(answers) if status == 429]


@pytest.mark.parametrize("notations", [ONE_CLIENT, ONE_NETWORK, THE_PEER], ids=str)
def test_every_notation_of_an_address_is_counted_as_one_client(
    notations: list[str], make_gateway: GatewayFactory
) -> None:
    trusting = {"TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8", "RATE_LIMIT_SCALE": "0.01"}
    client = make_gateway(**trusting).test_client()
    # six a minute: the notations in turn, and then each of them is refused
    six = [notations[index % len(notations)] for index in range(6)]
    assert _refused_after(client, six + notations) == list(range(6, 6 + len(notations)))
    assert _refused_after(client, ["203.0.113.10", "2001:db8:0:1::1"]) == []


@pytest.mark.parametrize("forwarded", ONE_CLIENT)
def test_services_are_told_the_one_spelling(
    forwarded: str, make_gateway: GatewayFactory, services: Services
) -> None:
    client = make_gateway(TRUSTED_PROXIES="::ffff:127.0.0.1, 10.0.0.0/8").test_client()
    client.get("/api/v1/stages", headers={"X-Forwarded-For": forwarded})
    assert services["chat"].asked[-1].headers["x-forwarded-for"] == "203.0.113.9"


@pytest.mark.parametrize("peer", ["::ffff:10.0.0.9", "10.0.0.9", "::FFFF:a00:9"])
def test_a_proxy_is_trusted_in_every_notation_of_its_address(
    peer: str, make_gateway: GatewayFactory, services: Services
) -> None:
    client = make_gateway(TRUSTED_PROXIES="10.0.0.0/8").test_client()
    headers = {"X-Forwarded-For": "203.0.113.9"}
    client.get("/api/v1/stages", headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert services["chat"].asked[-1].headers["x-forwarded-for"] == "203.0.113.9"


@pytest.mark.parametrize("peer", ["64:ff9b::10.0.0.9", "2002:a00:9::1", "11.0.0.9"])
def test_an_address_that_only_holds_a_proxys_is_not_trusted(
    peer: str, make_gateway: GatewayFactory, services: Services
) -> None:
    client = make_gateway(TRUSTED_PROXIES="10.0.0.0/8").test_client()
    headers = {"X-Forwarded-For": "203.0.113.9"}
    client.get("/api/v1/stages", headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert services["chat"].asked[-1].headers["x-forwarded-for"] != "203.0.113.9"


def test_who_forwards_without_being_trusted_is_named_once(make_gateway: GatewayFactory) -> None:
    client = make_gateway(TRUSTED_PROXIES="10.0.0.9").test_client()
    headers = {"X-Forwarded-For": "203.0.113.9"}
    peers = ["10.0.0.9", "10.0.0.8", "::ffff:10.0.0.8", "10.0.0.8", "2001:db8::1", "2001:db8::2"]
    with structlog.testing.capture_logs() as logs:
        client.get("/", environ_base={"REMOTE_ADDR": "10.0.0.7"})
        for peer in peers:
            client.get("/", headers=headers, environ_base={"REMOTE_ADDR": peer})
    named = [line["peer"] for line in logs if line["event"] == "forwarded_for_not_believed"]
    assert named == ["10.0.0.8", "2001:db8::1"]


def test_so_many_who_forward_without_being_trusted_are_named_and_no_more(
    make_gateway: GatewayFactory,
) -> None:
    client = make_gateway().test_client()
    headers = {"X-Forwarded-For": "203.0.113.9"}
    with structlog.testing.capture_logs() as logs:
        for number in range(MAX_NAMED_PEERS + 9):
            peer = f"10.0.{number // 200}.{number % 200}"
            client.get("/", headers=headers, environ_base={"REMOTE_ADDR": peer})
    named = [line for line in logs if line["event"] == "forwarded_for_not_believed"]
    assert len(named) == MAX_NAMED_PEERS
