"""Sending an exchange's request and telling how the answer differs from what the contract says."""

import base64
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import requests

from tests.conformance.exchanges import Exchange, filled
from tests.conformance.masks import differences
from tests.conformance.setup_steps import STEPS, Stage, new_world

TIMEOUT_SECONDS = 15
# one red pixel
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
# 100 megapixels in 12 kilobytes
_BOMB_SIDE = 10_000
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def _bomb() -> bytes:
    """Give a small PNG file of one bit a pixel that unfolds into an enormous picture."""
    header = struct.pack(">IIBBBBB", _BOMB_SIDE, _BOMB_SIDE, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + _BOMB_SIDE // 8) * _BOMB_SIDE))
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return _PNG[:8] + b"".join(_chunk(kind, content) for kind, content in chunks)


FILES: Mapping[str, bytes] = {
    "a picture": _PNG,
    "a bomb": _bomb(),
    "a text": b"no picture at all",
    "a truncated picture": _PNG[:40],
    "a vector drawing": _SVG,
    "6 mebibytes": _PNG + bytes(6 * 1024 * 1024),
}


def replay(exchange: Exchange, stage: Stage) -> list[str]:
    """Play one exchange; give every difference, an empty list when the answer is right.

    Raises:
        StepFailed: a set-up step was refused.
        UnreadableExchange: the file names a value no step gives.
    """
    world = new_world(stage)
    for sentence in exchange.given:
        STEPS[sentence](world)
    answer = send(stage.place.url, filled(exchange.request, world.values))
    return compared(filled(exchange.response, world.values), answer)


def send(url: str, request: Mapping[str, Any]) -> requests.Response:
    """Send the request as it stands; redirects are not followed."""
    headers = {name: str(value) for name, value in request.get("headers", {}).items()}
    body: dict[str, Any] = {"data": request.get("form"), "json": request.get("json")}
    if "text" in request:
        body = {"data": request["text"].encode("utf-8")}
    if "files" in request:
        files = {
            name: ("file.png", FILES[content], "image/png")
            for name, content in request["files"].items()
        }
        body = {"data": request.get("form"), "files": files}
    return requests.request(
        request["method"],
        url + request["path"],
        headers=headers,
        timeout=TIMEOUT_SECONDS,
        allow_redirects=False,
        **body,
    )


def compared(expected: Mapping[str, Any], answer: requests.Response) -> list[str]:
    """Tell how an answer differs."""
    told = []
    if answer.status_code != expected["status"]:
        told.append(f"status: expected {expected['status']}, found {answer.status_code}")
    for name, value in expected.get("headers", {}).items():
        told += differences(value, answer.headers.get(name), f"header {name}")
    if "media_type" in expected:
        found = answer.headers.get("Content-Type", "").partition(";")[0]
        told += differences(expected["media_type"], found, "media type")
    if "json" in expected:
        told += _json_differences(expected["json"], answer)
    return told


def _json_differences(expected: object, answer: requests.Response) -> list[str]:
    try:
        found = answer.json()
    except requests.exceptions.JSONDecodeError:
        return [f"body: expected JSON, found {answer.content[:100]!r}"]
    return differences(expected, found)
