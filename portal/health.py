"""`/healthz` (the process lives) and `/readyz` (it can work); neither of them is routed by the
gateway.

Without the gateway pages are made but nothing can be done on them: `degraded`.
"""

from flask import Flask, Response

from portal.parts import parts
from shared import strict_json


def register_health(app: Flask) -> None:
    """Add the two endpoints."""
    app.add_url_rule("/healthz", "healthz", lambda: _json({"status": "alive"}))
    app.add_url_rule("/readyz", "readyz", _readiness)


def _readiness() -> Response:
    is_there = parts().gateway.is_there()
    return _json(
        {
            "status": "ready" if is_there else "degraded",
            "checks": {"gateway": "ok" if is_there else "failing"},
        }
    )


def _json(body: object) -> Response:
    return Response(strict_json.dumps(body), content_type="application/json")
