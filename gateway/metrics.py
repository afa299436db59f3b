"""What the gateway counts for Prometheus, and the separate port it is read on; the public port
never shows it.
"""

import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from shared.metrics import MULTIPROCESS_VARIABLE

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 3.5)


class Metrics:
    """Counters of this process; with several processes the library adds them up through files."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "hearth_gateway_requests_total",
            "Requests by row (a legacy number, a service's name, or own) and status.",
            ("row", "method", "status"),
            registry=self.registry,
        )
        self._legacy = Counter(
            "hearth_gateway_legacy_requests_total",
            "Requests by legacy URL, to see which old clients are still there.",
            ("row", "dialect", "url"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "hearth_gateway_request_seconds",
            "Time to answer by row.",
            ("row",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._upstream_failures = Counter(
            "hearth_gateway_upstream_failures_total",
            "Calls a service did not answer, by reason.",
            ("upstream", "reason"),
            registry=self.registry,
        )

        self._over_ceiling = Counter(
            "hearth_gateway_ceilings_exceeded_total",
            "What was counted beyond the ceiling over all callers, by limit.",
            ("limit",),
            registry=self.registry,
        )

        self._streams = Gauge(
            "hearth_gateway_streams",
            "Live streams that are open.",
            multiprocess_mode="livesum",
            registry=self.registry,
        )

    def count_request(self, row: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(row, method, str(status)).inc()
        self._seconds.labels(row).observe(seconds)

    def count_legacy(self, row: str, dialect: str, url: str) -> None:
        """Count one use of a legacy URL, by the table's path and never by the caller's."""
        self._legacy.labels(row, dialect, url).inc()

    def count_upstream_failure(self, upstream: str, reason: str) -> None:
        """Count one call that was not answered."""
        self._upstream_failures.labels(upstream, reason).inc()

    def count_over_ceiling(self, limit: str) -> None:
        """Count what came beyond a ceiling over all callers."""
        self._over_ceiling.labels(limit).inc()

    def set_open_streams(self, number: int) -> None:
        """Note how many live streams this process has open."""
        self._streams.set(number)

    def exposition(self) -> bytes:
        """Give the numbers in Prometheus's text format."""
        if MULTIPROCESS_VARIABLE not in os.environ:
            return generate_latest(self.registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # untyped in the library
        return generate_latest(registry)


class _MetricsServer(ThreadingHTTPServer):
    """Several processes of one gateway share the port; any of them answers for all."""

    daemon_threads = True
    allow_reuse_address = True
    allow_reuse_port = True


class _MetricsServer6(_MetricsServer):
    address_family = socket.AF_INET6


def serve_metrics(metrics: Metrics, host: str, port: int) -> ThreadingHTTPServer:
    """Serve `/metrics` in the background on a port of its own; port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        """Answers GET /metrics and nothing else."""

        def do_GET(self) -> None:
            """Answer with the numbers."""
            if self.path != "/metrics":
                self.send_error(404)
                return
            body = metrics.exposition()
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE_LATEST)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Stay silent: scrapes are no news."""

    host = host.strip("[]")
    server = (_MetricsServer6 if ":" in host else _MetricsServer)((host, port), Handler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
