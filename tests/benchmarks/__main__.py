"""`python -m tests.benchmarks [embedded|servers …]`: prints ratios and times as JSON, all measured
in this run.

Reads are measured in alternating rounds, at the service and through the gateway, so that both meet
the same machine.
"""

import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.testing.plugin import POSTGRESQL_URL, RABBITMQ_URL, REDIS_URL, is_reachable
from tests.benchmarks.edge import crowd, old_urls
from tests.benchmarks.live import live
from tests.benchmarks.load import Connection, closed_loop, cpu_seconds
from tests.benchmarks.peers import Peer, monolith, nginx
from tests.benchmarks.servers import server_settings
from tests.benchmarks.start import start
from tests.conftest import place_of
from tests.people import MatchingClient, Place, Therapist, open_therapist
from tests.running_platform import RunningPlatform

THREADS = 4
ROUND_SECONDS = 2.0
ROUNDS = 4
VISIBLE_SAMPLES = 150
VISIBLE_SAMPLES_POLLING = 12
ASK_FIRST_AFTER_SECONDS = 0.01  # asking takes a core from those that are asked about
ASK_EVERY_SECONDS = 0.003
BOOKED_BY_A_CLIENT = 3
PAUSE_SECONDS = 0.2
QUIET_SECONDS = 0.2  # what many idle processes cost in a second


@contextmanager
def platform_on(kind: str) -> Iterator[RunningPlatform]:
    """Start a platform, embedded or on servers, and take it down."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hearth-bench-"))
        where = stack.enter_context(server_settings()) if kind == "servers" else {}
        platform = RunningPlatform(Path(folder), where, {"CONNECTIONS_PER_NETWORK": "20000"})
        stack.callback(platform.close)
        platform.prepare()
        platform.start()
        yield platform


def bearer(token: str) -> dict[str, str]:
    """Give the headers of a JSON caller."""
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def reads(platform: RunningPlatform, token: str) -> dict[str, object]:
    """Measure one read at the service, through the gateway and through nginx in alternating
    rounds.
    """
    with nginx(platform.service_url("auth")) as plain:
        return _reads(platform, token, plain)


def _reads(platform: RunningPlatform, token: str, plain: Peer | None) -> dict[str, object]:
    groups = {"gateway": platform.processes["gateway"].pid}
    urls = {"direct": platform.service_url("auth"), "gateway": platform.url}
    if plain is not None:
        urls["nginx"], groups["nginx"] = plain.url, plain.group
    per_second: dict[str, list[float]] = {name: [] for name in urls}
    costs: dict[str, list[float]] = {name: [] for name in groups}
    for _ in range(ROUNDS):
        for name, url in urls.items():

            def make(_number: int, url: str = url):
                connection = Connection(url, bearer(token))
                return lambda: connection.send("GET", "/api/v1/accounts/me")[0]

            before = cpu_seconds(groups[name]) if name in groups else 0.0
            load = closed_loop(THREADS, ROUND_SECONDS, make)
            assert set(load.statuses) == {200}, load.statuses
            per_second[name].append(load.per_second)
            if name in groups:
                costs[name].append((cpu_seconds(groups[name]) - before) / load.requests)
    direct, gateway = (statistics.median(per_second[name]) for name in ("direct", "gateway"))
    beside = {}
    if plain is not None:
        through_nginx = statistics.median(per_second["nginx"])
        beside = {
            "nginx_per_second": round(through_nginx, 1),
            "nginx_cpu_ms_per_request": round(statistics.median(costs["nginx"]) * 1000, 3),
            "gateway_to_nginx": round(gateway / through_nginx, 3),
        }
    return beside | {
        "direct_per_second": round(direct, 1),
        "gateway_per_second": round(gateway, 1),
        "gateway_to_direct": round(gateway / direct, 3),
        "gateway_cpu_ms_per_request": round(statistics.median(costs["gateway"]) * 1000, 3),
    }


def free_instants(place: Place, therapist: Therapist, token: str) -> list[str]:
    """List free instants of the whole window."""
    answer = place.call("GET", f"/api/v1/practitioners/{therapist.id}/slots", token=token)
    return [item["starts_at"] for item in answer.json()["items"]]


def bookings(platform: RunningPlatform) -> dict[str, object]:
    """Measure bookings through the gateway, each client at its own hours, four at a time; the CPU
    is that of all processes until what follows is done.
    """
    place = place_of(platform)
    therapists = [open_therapist(place) for _ in range(THREADS)]
    clients = [[MatchingClient(place).register() for _ in range(25)] for _ in range(THREADS)]
    instants = [free_instants(place, t, clients[0][0].session) for t in therapists]

    def make(number: int):
        connections = [Connection(platform.url, bearer(c.session)) for c in clients[number]]
        left = list(instants[number])

        def book() -> int:
            if not left:
                return 0
            connection = connections[len(left) % len(connections)]
            body = {"practitioner_id": therapists[number].id, "starts_at": left.pop(0)}
            return connection.send("POST", "/api/v1/appointments", json.dumps(body).encode())[0]

        return book

    groups = [process.pid for process in platform.processes.values()]
    before = sum(map(cpu_seconds, groups))
    load = closed_loop(THREADS, 3.0, make)
    booked = load.statuses[201]
    until_quiet(groups)
    cost = (sum(map(cpu_seconds, groups)) - before) / booked
    return {
        "booked_per_second": round(booked / load.seconds, 1),
        "cpu_ms_per_booking": round(cost * 1000, 1),
        "statuses": dict(load.statuses),
    }


def until_quiet(groups: list[int]) -> None:
    """Wait until processes have nothing left to do."""
    while True:
        before = sum(map(cpu_seconds, groups))
        time.sleep(1)
        if sum(map(cpu_seconds, groups)) - before < QUIET_SECONDS:
            return


def monolith_bookings(peer: Peer) -> dict[str, object]:
    """Measure the monolith's bookings the same way; nothing follows them."""
    hours = [itertools.count() for _ in range(THREADS)]

    def make(number: int):
        tokens = peer.tokens[number * 25 : number * 25 + 25]
        shown = {"Content-Type": "application/json"}
        connections = [
            Connection(peer.url, {**shown, "Authorization": f"Token {token}"}) for token in tokens
        ]

        def book() -> int:
            hour = next(hours[number])
            starts_at = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
            body = {"practitioner_id": number + 1, "starts_at": starts_at.isoformat()}
            connection = connections[hour % len(connections)]
            return connection.send("POST", "/appointments/", json.dumps(body).encode())[0]

        return book

    before = cpu_seconds(peer.group)
    load = closed_loop(THREADS, 3.0, make)
    booked = load.statuses[201]
    return {
        "booked_per_second": round(booked / load.seconds, 1),
        "cpu_ms_per_booking": round((cpu_seconds(peer.group) - before) / booked * 1000, 1),
        "statuses": dict(load.statuses),
    }


def visible(platform: RunningPlatform, samples: int) -> dict[str, object]:
    """Measure the time from a booking's answer to its notification being readable, by asking the
    service in a loop: one booking after the other, with a pause between for the mails of the last.
    """
    place = place_of(platform)
    therapist = open_therapist(place)
    clients = [MatchingClient(place).register() for _ in range(-(-samples // BOOKED_BY_A_CLIENT))]
    instants = free_instants(place, therapist, clients[0].session)[:samples]
    times = []
    for number, starts_at in enumerate(instants):
        body = json.dumps({"practitioner_id": therapist.id, "starts_at": starts_at}).encode()
        times.append(_seconds_until_told(platform, clients[number // BOOKED_BY_A_CLIENT], body))
        time.sleep(PAUSE_SECONDS)
    times.sort()
    return {
        "samples": len(times),
        "p50_ms": round(statistics.median(times) * 1000, 1),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 1),
    }


def _seconds_until_told(platform: RunningPlatform, client: MatchingClient, booking: bytes) -> float:
    gateway = Connection(platform.url, bearer(client.session))
    notifications = Connection(platform.service_url("notification"), bearer(client.session))
    before = _count(notifications)
    status, answer = gateway.send("POST", "/api/v1/appointments", booking)
    began = time.perf_counter()
    assert status == 201, answer
    time.sleep(ASK_FIRST_AFTER_SECONDS)
    while _count(notifications) == before:
        assert time.perf_counter() < began + 15, "the notification never came"
        time.sleep(ASK_EVERY_SECONDS)
    seconds = time.perf_counter() - began
    gateway.close()
    notifications.close()
    return seconds


def _count(connection: Connection) -> int:
    status, body = connection.send("GET", "/api/v1/notifications/unread-count")
    assert status == 200, body
    found: int = json.loads(body)["count"]
    return found


def measured(kind: str) -> dict[str, object]:
    """Measure everything on one kind of platform, beside the monolith on the same database."""
    with platform_on(kind) as platform, monolith(kind) as peer:
        place = place_of(platform)
        client = MatchingClient(place).register()
        result: dict[str, object] = {
            "old_urls": old_urls(platform, peer),
            "crowd": crowd(platform),
            "live": live(platform),
            "read": reads(platform, client.session),
            "booking": bookings(platform),
            "monolith_booking": monolith_bookings(peer),
            "commit_to_visible": visible(platform, VISIBLE_SAMPLES),
        }
        platform.environment["RELAY_NUDGE"] = "off"
        platform.restart("booking-web", "booking-worker")
        result["commit_to_visible_without_nudge"] = visible(platform, VISIBLE_SAMPLES_POLLING)
        return result


def main() -> None:
    """Measure the kinds named on the command line, or both where the servers can be reached."""
    kinds = sys.argv[1:] or ["embedded", "servers"]
    if "servers" in kinds and not all(map(is_reachable, (POSTGRESQL_URL, RABBITMQ_URL, REDIS_URL))):
        print("servers cannot be reached: embedded only", file=sys.stderr)
        kinds.remove("servers")
    told: dict[str, object] = {"make_run": start()}
    print(json.dumps(told | {kind: measured(kind) for kind in kinds}, indent=2))


if __name__ == "__main__":
    main()
