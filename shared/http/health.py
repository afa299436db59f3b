"""`/healthz` (the process lives), `/readyz` (it can work), `/metrics` (Prometheus); none of them is
routed by the gateway.

Ready means: the database answers, its migrations fit this release, and token keys are there. A
check that only makes the service weaker (worker, broker, a sibling) answers `degraded` and stays
200; its word says what is wrong.
"""

import os
from collections.abc import Callable

from flask import Flask, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import DBAPIError

from shared import strict_json
from shared.errors import Unavailable
from shared.events.metrics import MessagingCollector
from shared.events.readiness import OK, messaging_words
from shared.http.context import chassis
from shared.metrics import MULTIPROCESS_VARIABLE
from shared.migrations import is_current

Check = Callable[[], bool]
CHECKS = "hearth_checks"


def register_health(app: Flask) -> None:
    """Add the three endpoints; `add_check` adds a service's own checks."""
    app.extensions[CHECKS] = {"needed": {}, "weakening": {}}
    app.add_url_rule("/healthz", "healthz", lambda: _json({"status": "alive"}, 200))
    app.add_url_rule("/readyz", "readyz", _readiness)
    app.add_url_rule("/metrics", "metrics", _metrics)


def add_check(app: Flask, name: str, check: Check, *, is_needed: bool) -> None:
    """Add a named check to `/readyz`: without a needed one the service is not ready, without
    another it is degraded.
    """
    app.extensions[CHECKS]["needed" if is_needed else "weakening"][name] = check


def _readiness() -> Response:
    from flask import current_app

    parts = chassis()
    needed: dict[str, Check] = {
        "database": parts.database.answers,
        "migrations": lambda: is_current(parts.service, parts.database),
        "keys": lambda: len(parts.verifier.keys) > 0,
        **current_app.extensions[CHECKS]["needed"],
    }
    weakening: dict[str, Check] = current_app.extensions[CHECKS]["weakening"]
    found = {name: _passes(check) for name, check in (needed | weakening).items()}
    if not all(found[name] for name in needed):
        status = "unavailable"
    else:
        status = "ready" if all(found.values()) else "degraded"
    words = {name: OK if passed else "failing" for name, passed in found.items()}
    if found["database"]:
        words |= _messaging_words()
    if status == "ready" and set(words.values()) != {OK}:
        status = "degraded"
    return _json({"status": status, "checks": words}, 503 if status == "unavailable" else 200)


def _messaging_words() -> dict[str, str]:
    """Give what is known of worker, broker and outbox; nothing beside a database that cannot tell,
    because it stands before this release's migrations.
    """
    try:
        return messaging_words(chassis().database, chassis().clock)
    except (Unavailable, DBAPIError):
        return {}


def _passes(check: Check) -> bool:
    try:
        return check()
    except Exception:  # noqa: BLE001 - whatever fails, the check has not passed
        return False


def _metrics() -> Response:
    """Give what every web process of this service on this host has counted, and the backlog of
    events as the database knows it.
    """
    backlog = CollectorRegistry()
    backlog.register(MessagingCollector(chassis().database, chassis().clock))
    text = generate_latest(_counted()) + generate_latest(backlog)
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _counted() -> CollectorRegistry:
    if MULTIPROCESS_VARIABLE not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # untyped in the library
    return registry


def _json(body: object, status: int) -> Response:
    return Response(strict_json.dumps(body), status=status, content_type="application/json")
