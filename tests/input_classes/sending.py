"""Sending a request byte for byte: nothing normalises the path, one connection for each request."""

import contextlib
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shared.testing.waiting import eventually
from tests.people import BUSY_SECONDS, TIMEOUT_SECONDS, Place

NO_JSON = object()
MUCH_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it goes over the wire; `path` is encoded already."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back; `json` is NO_JSON when the body is none."""

    status: int
    media_type: str
    json: object

    @property
    def is_success(self) -> bool:
        """Tell success, as the dialects do: below 300, and `status` is not false."""
        is_refused = isinstance(self.json, dict) and self.json.get("status") is False
        return 200 <= self.status < 300 and not is_refused


def sent(place: Place, request: Request) -> Answer:
    """Send; again while a busy platform answers 503."""

    def answers() -> list[Answer]:
        answer = _sent_once(place, request)
        return [] if answer is None or answer.status == 503 else [answer]

    [answer] = eventually(answers, within_seconds=BUSY_SECONDS, every=0.5)
    return answer


def _sent_once(place: Place, request: Request) -> Answer | None:
    """Send once; None where the answer to a body that was too large got lost with the connection.

    The gateway answers such a body before it has come in whole.
    """
    parts = urlsplit(place.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, TIMEOUT_SECONDS)
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request(request.method, request.path, request.body, dict(request.headers))
        response = connection.getresponse()
        content = response.read()
        media_type = (response.getheader("Content-Type") or "").partition(";")[0]
    except ConnectionResetError:
        if len(request.body or b"") < MUCH_BYTES:
            raise
        return None
    finally:
        connection.close()
    try:
        body: object = json.loads(content)
    except ValueError:
        body = NO_JSON
    return Answer(status=response.status, media_type=media_type, json=body)
