"""JSON lines with allow-listed fields, and the correlation id that travels through requests and
events.

A field that is not in `ALLOWED_FIELDS` is dropped before it is written: bodies, tokens, names,
addresses and messages cannot reach a log by mistake.
Messages of other libraries are kept at WARNING and above with e-mail addresses and tokens masked;
the web server's are replaced by fixed texts, because they quote what callers sent.
"""

import contextvars
import logging
import re
import sys
import uuid
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import orjson
import structlog

ALLOWED_FIELDS = frozenset(
    {
        "timestamp", "level", "event", "service", "request_id", "correlation_id", "method", "path",
        "route", "status", "duration_ms", "account_id", "event_id", "event_type", "subject",
        "source", "sequence", "state", "attempts", "count", "reason", "error_type", "where",
        "upstream", "job", "mail_id", "queue", "kid", "port", "url", "revision", "logger",
        "retry_after_seconds", "appointment_id", "practitioner_id", "pending", "row", "code",
        "peer", "broker",
    }
)  # fmt: skip

_correlation_id: contextvars.ContextVar[str | None] = contextvars.ContextVar(
    "correlation_id", default=None
)
_CORRELATION_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
_CARD_LIKE = re.compile(r"(?:[0-9][_-]*){12}")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
_URL_PASSWORD = re.compile(r"://([^:/@\s]*):[^@\s]*@")


def current_correlation_id() -> str | None:
    """Give the id of the request or event being worked on in this context."""
    return _correlation_id.get()


def usable_correlation_id(candidate: str | None) -> str:
    """Keep a caller's id when it is 1-64 letters, digits, `.`, `_`, `-`; make a new one
    otherwise.
    """
    if candidate and _CORRELATION_ID.fullmatch(candidate):
        return candidate
    return _new_request_id()


def usable_request_id(candidate: str | None) -> str:
    """Keep what a caller sent as `X-Request-ID` when it looks like one: a UUID, or 16-64 letters,
    digits, `_`, `-` in which no card number can stand. Make a new one otherwise: it is written to
    logs and tables.
    """
    if candidate and (_UUID.fullmatch(candidate) or _is_plain_id(candidate)):
        return candidate
    return _new_request_id()


def _is_plain_id(text: str) -> bool:
    return _REQUEST_ID.fullmatch(text) is not None and _CARD_LIKE.search(text) is None


def _new_request_id() -> str:
    """Make an id that the next process keeps."""
    made = uuid.uuid4().hex
    while not _is_plain_id(made):
        made = uuid.uuid4().hex
    return made


@contextmanager
def correlation(correlation_id: str | None) -> Iterator[str]:
    """Work under a correlation id, given or new; outbox rows and log lines inside carry it."""
    usable = usable_correlation_id(correlation_id)
    token = _correlation_id.set(usable)
    try:
        yield usable
    finally:
        _correlation_id.reset(token)


def redacted(text: str) -> str:
    """Mask e-mail addresses, tokens and passwords in URLs: the second net."""
    if "@" not in text and "eyJ" not in text:  # nearly always, and each of the three has one
        return text
    text = _URL_PASSWORD.sub(r"://\1:***@", text)
    return _TOKEN.sub("<token>", _EMAIL.sub("<address>", text))


def _allow_listed(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    kept = {key: value for key, value in event.items() if key in ALLOWED_FIELDS}
    if (correlation_id := _correlation_id.get()) is not None:
        kept.setdefault("correlation_id", correlation_id)
    return {
        key: redacted(value) if isinstance(value, str) else value for key, value in kept.items()
    }


def _rendered(_logger: object, _name: str, event: MutableMapping[str, Any]) -> str:
    return orjson.dumps(event, default=str).decode()


_WEB_SERVER = "gunicorn"
_WEB_SERVER_EVENTS = {
    "Invalid request from": "malformed_request",
    "Error handling request": "request_failed",
    "Socket error processing request": "connection_failed",
    "WSGI app sent body": "body_where_none_belongs",
    "WORKER TIMEOUT": "web_worker_timed_out",
    "Worker (pid:%s) was sent": "web_worker_killed",
    "Worker (pid:%s) exited": "web_worker_exited",
    "Exception in worker process": "web_worker_failed",
    "Unhandled exception in main loop": "web_server_failed",
    "Connection in use": "address_in_use",
    "Invalid address": "address_not_usable",
    "connection to": "address_not_usable",
    "Can't connect to": "address_not_usable",
    "Shutting down": "web_server_stopped",
}


def _event_of(record: logging.LogRecord) -> str:
    """Name what the web server tells by a fixed text; keep other libraries' words, redacted."""
    if record.name.partition(".")[0] != _WEB_SERVER:
        return redacted(record.getMessage())[:500]
    told = str(record.msg)  # never with its arguments: they are the caller's
    return next(
        (event for begin, event in _WEB_SERVER_EVENTS.items() if told.startswith(begin)),
        "web_server_message",
    )


class _LibraryFormatter(logging.Formatter):
    """Writes records of other libraries as the same JSON lines; of a traceback only type and
    place.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "event": _event_of(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= described_error(record.exc_info[1])
        return orjson.dumps(line).decode()


def described_error(error: BaseException) -> dict[str, str]:
    """Describe an exception by its type and innermost place; never by its message, which may
    hold personal data.
    """
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    where = f"{frames.tb_frame.f_code.co_filename}:{frames.tb_lineno}" if frames else ""
    return {"error_type": type(error).__name__, "where": where}


def _named(service: str) -> structlog.typing.Processor:
    def name(
        _logger: object, _name: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    return name


def configure_logs(service: str, level: str) -> None:
    """Send structlog and the standard library's records to standard output as JSON lines. Called
    by processes, never at import.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _named(service),
            _allow_listed,
            _rendered,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_LibraryFormatter(service))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
