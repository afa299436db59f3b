"""The shell of every service's web application: what `create_app` starts from."""

import time
from collections.abc import Mapping

import structlog
from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram
from sqlalchemy.orm import configure_mappers

from shared.access_tokens import PublicKeys, TokenVerifier
from shared.audit_entries import coming_from
from shared.clock import Clock, SystemClock
from shared.database import ANSWERING_SECONDS, Database, answering_within
from shared.http.addresses import network_of
from shared.http.blueprint import Api, IdentifierConverter
from shared.http.client import ServiceClient
from shared.http.context import EXTENSION, Chassis
from shared.http.errors import register_error_handlers
from shared.http.health import register_health
from shared.logs import correlation, usable_request_id
from shared.settings import ServiceSettings

MAX_BODY_BYTES = 64 * 1024
REQUESTS = Counter(
    "hearth_http_requests", "Requests answered", ["service", "method", "route", "status"]
)
DURATIONS = Histogram("hearth_http_request_seconds", "Time to answer", ["service", "route"])


def new_app(
    service: str,
    settings: ServiceSettings,
    *,
    title: str,
    description: str,
    database: Database,
    clock: Clock | None = None,
    public_keys: PublicKeys | None = None,
    parts: Mapping[str, object] | None = None,
) -> Flask:
    """Make a Flask application with errors, health, metrics, logs, request ids and body limits in
    place.

    `service` is the package's name, `parts` the service's own clients, found again by
    `chassis().parts`.
    """
    app = Flask(service, static_folder=None)
    app.config.update(
        API_TITLE=title,
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={"info": {"description": description}},
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        MAX_FORM_PARTS=50,
    )
    app.url_map.merge_slashes = False
    app.url_map.converters["identifier"] = IdentifierConverter
    app.json.sort_keys = False  # type: ignore[attr-defined] # the default provider has it
    clock = database.clock = clock or SystemClock()
    app.extensions[EXTENSION] = Chassis(
        service=service,
        settings=settings,
        database=database,
        clock=clock,
        verifier=TokenVerifier(public_keys or published_keys(settings), clock),
        parts=parts or {},
    )
    register_error_handlers(app)
    _register_request_log(app, service)
    register_health(app)
    app.extensions["hearth_api"] = Api(app)
    configure_mappers()  # here, or while the first requests wait for each other
    return app


def published_keys(settings: ServiceSettings) -> PublicKeys:
    """Give auth's public keys: those in the settings, refreshed from auth's JWKS."""
    client = ServiceClient("auth", settings.auth_url, settings.internal_key)
    return PublicKeys(settings.token_public_keys, client.fetch_jwks)


def api_of(app: Flask) -> Api:
    """Give the app's Api, on which blueprints are registered with their access rule."""
    found: Api = app.extensions["hearth_api"]
    return found


def _network_of_caller() -> str:
    """Give the network the gateway saw; it alone writes X-Forwarded-For here."""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2]
    return network_of(forwarded or request.remote_addr or "")


def _register_request_log(app: Flask, service: str) -> None:
    def begin() -> None:
        g.began = time.perf_counter()
        g.correlation = correlation(usable_request_id(request.headers.get("X-Request-ID")))
        g.request_id = g.correlation.__enter__()
        g.source = coming_from(_network_of_caller())
        g.source.__enter__()
        g.answering = answering_within(ANSWERING_SECONDS)
        g.answering.__enter__()

    def finish(answer: Response) -> Response:
        route = str(request.url_rule) if request.url_rule else "none"
        seconds = time.perf_counter() - g.began
        answer.headers["X-Request-ID"] = g.request_id
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        if route not in ("/healthz", "/readyz", "/metrics"):
            REQUESTS.labels(service, request.method, route, answer.status_code).inc()
            DURATIONS.labels(service, route).observe(seconds)
            structlog.get_logger().info(
                "request",
                method=request.method,
                route=route,
                status=answer.status_code,
                duration_ms=round(seconds * 1000, 1),
            )
        return answer

    def leave(_error: BaseException | None) -> None:
        for name in ("answering", "source", "correlation"):
            held = g.pop(name, None)
            if held is not None:
                held.__exit__(None, None, None)

    app.before_request(begin)
    app.after_request(finish)
    app.teardown_request(leave)
