"""`/healthz`: the process lives. `/readyz`: it may be sent traffic, with a word for each service.

The gateway is not ready while it cannot tell ended login sessions or verify a token. A service that
is down makes it degraded only: the others still work. So does a broker it does not hear: live
streams stand still.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import orjson
from flask import Flask, Response

from gateway.home import Home
from gateway.upstreams import Patience, Upstream, UpstreamCall, UpstreamUnavailable
from shared import strict_json

PROBE_PATIENCE = Patience(
    read_seconds=1.0,
    total_seconds=1.0,
    idle_seconds=0.0,  # a probe keeps no connection: it asks whether a new one can be made
    failures_to_open=1_000_000,
    concurrent_calls=4,
)
KEPT_SECONDS = 1.0
_SERVICE_WORDS = ("ready", "degraded")

Check = Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What `/readyz` says; `problems` has for each service what it says is wrong with it."""

    status: str
    services: Mapping[str, str]
    problems: Mapping[str, Mapping[str, str]]
    checks: Mapping[str, str]

    @property
    def is_ready(self) -> bool:
        """Tell whether traffic may come."""
        return self.status != "unavailable"


class ReadinessProbe:
    """Asks the gateway's own checks and each service at once; an answer is kept for a second."""

    def __init__(
        self,
        urls: Mapping[str, str],
        checks: Mapping[str, Check],
        home: Home,
        degrading: Mapping[str, Check],
    ) -> None:
        self._probes = {
            name: Upstream(name, url, home, PROBE_PATIENCE) for name, url in urls.items()
        }
        self._checks = checks
        self._degrading = degrading
        self._lock = threading.Lock()
        self._kept: Readiness | None = None
        self._kept_until = 0.0

    async def close(self) -> None:
        """Close what the probes opened."""
        for probe in self._probes.values():
            await probe.close()

    def ask(self) -> Readiness:
        """Give the present readiness; called in a thread beside the event loop."""
        with self._lock:
            if self._kept is None or time.monotonic() >= self._kept_until:
                self._kept = self._asked()
                self._kept_until = time.monotonic() + KEPT_SECONDS
            return self._kept

    def _asked(self) -> Readiness:
        with ThreadPoolExecutor(max_workers=len(self._probes)) as pool:
            said = dict(zip(self._probes, pool.map(_said, self._probes.values()), strict=True))
        words = {name: word for name, (word, _) in said.items()}
        problems = {name: problems for name, (_, problems) in said.items() if problems}
        checks = {name: "ok" if check() else "failing" for name, check in self._checks.items()}
        lacking = {name: "ok" if check() else "degraded" for name, check in self._degrading.items()}
        checks |= lacking
        if "failing" in checks.values():
            status = "unavailable"
        elif all(word == "ready" for word in words.values()) and "degraded" not in lacking.values():
            status = "ready"
        else:
            status = "degraded"
        return Readiness(status=status, services=words, problems=problems, checks=checks)


def _said(probe: Upstream) -> tuple[str, Mapping[str, str]]:
    """Ask one service: `ready`, `degraded`, `unavailable` (it says so) or `down` (it does not
    answer); and which of its checks say what.
    """
    try:
        answer = probe.call_from_thread(UpstreamCall(method="GET", target="/readyz"))
    except UpstreamUnavailable:
        return "down", {}
    try:
        body = orjson.loads(answer.body)
        word, checks = body.get("status"), body.get("checks", {})
        problems = {str(name): str(said) for name, said in checks.items() if said != "ok"}
    except (ValueError, AttributeError):
        return "unavailable", {}
    if answer.status != 200 or word not in _SERVICE_WORDS:
        return "unavailable", problems
    return word, problems


def register_health(app: Flask, probe: ReadinessProbe) -> None:
    """Add the two endpoints."""

    def readiness() -> Response:
        found = probe.ask()
        body = {
            "status": found.status,
            "services": dict(found.services),
            "problems": {name: dict(said) for name, said in found.problems.items()},
            "checks": dict(found.checks),
        }
        return _json(body, 200 if found.is_ready else 503)

    for slash in ("", "/"):
        app.add_url_rule(f"/healthz{slash}", f"healthz{slash}", _alive)
        app.add_url_rule(f"/readyz{slash}", f"readyz{slash}", readiness)


def _alive() -> Response:
    return _json({"status": "alive"}, 200)


def _json(body: object, status: int) -> Response:
    return Response(strict_json.dumps(body), status=status, content_type="application/json")
