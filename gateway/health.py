"""`/healthz`: the process lives. `/readyz`: it may be sent traffic, with a word for each service.

The gateway is not ready while it cannot tell ended login sessions or verify a token. A service that
is down makes it degraded only: the others still work.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import orjson
from flask import Flask, Response

from gateway.upstreams import Patience, Upstream, UpstreamCall, UpstreamUnavailable
from shared import strict_json

PROBE_PATIENCE = Patience(
    read_seconds=1.0, total_seconds=1.0, failures_to_open=1_000_000, concurrent_calls=4
)
KEPT_SECONDS = 1.0
_SERVICE_WORDS = ("ready", "degraded")

Check = Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What `/readyz` says."""

    status: str
    services: Mapping[str, str]
    checks: Mapping[str, str]

    @property
    def is_ready(self) -> bool:
        """Tell whether traffic may come."""
        return self.status != "unavailable"


class ReadinessProbe:
    """Asks the gateway's own checks and each service at once; an answer is kept for a second."""

    def __init__(self, urls: Mapping[str, str], checks: Mapping[str, Check]) -> None:
        self._probes = {name: Upstream(name, url, PROBE_PATIENCE) for name, url in urls.items()}
        for probe in self._probes.values():
            probe.close()  # a probe keeps no connection: it asks whether a new one can be made
        self._checks = checks
        self._lock = threading.Lock()
        self._kept: Readiness | None = None
        self._kept_until = 0.0

    def ask(self) -> Readiness:
        """Give the present readiness."""
        with self._lock:
            if self._kept is None or time.monotonic() >= self._kept_until:
                self._kept = self._asked()
                self._kept_until = time.monotonic() + KEPT_SECONDS
            return self._kept

    def _asked(self) -> Readiness:
        with ThreadPoolExecutor(max_workers=len(self._probes)) as pool:
            words = dict(zip(self._probes, pool.map(_word, self._probes.values()), strict=True))
        checks = {name: "ok" if check() else "failing" for name, check in self._checks.items()}
        if "failing" in checks.values():
            status = "unavailable"
        elif all(word == "ready" for word in words.values()):
            status = "ready"
        else:
            status = "degraded"
        return Readiness(status=status, services=words, checks=checks)


def _word(probe: Upstream) -> str:
    """Ask one service: `ready`, `degraded`, `unavailable` (it says so) or `down` (it does not
    answer).
    """
    try:
        answer = probe.call(UpstreamCall(method="GET", target="/readyz"))
    except UpstreamUnavailable:
        return "down"
    if answer.status != 200:
        return "unavailable"
    try:
        word = orjson.loads(answer.body).get("status")
    except (ValueError, AttributeError):
        return "unavailable"
    return word if word in _SERVICE_WORDS else "unavailable"


def register_health(app: Flask, probe: ReadinessProbe) -> None:
    """Add the two endpoints."""

    def readiness() -> Response:
        found = probe.ask()
        body = {
            "status": found.status,
            "services": dict(found.services),
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
