"""Turning what somebody sent into a picture we can show: looked at before it is decoded, decoded by
few at a time, encoded anew so that no byte of the original comes out.
"""

import struct
import subprocess
import sys
import threading
import zipfile
from io import BytesIO
from pathlib import Path

import structlog

from profile_service.domain.picture_encoder import IS_NO_PICTURE, MOST_PIXELS
from profile_service.errors import NotAnImage
from shared.errors import Unavailable

MOST_BYTES = 5 * 1024 * 1024
AT_ONCE = 1
MOST_WAITING = 2
# Together they end before the gateway gives the service up, after 2.5 s.
WAIT_SECONDS = 0.5
TIMEOUT_SECONDS = 1.9
RETRY_AFTER_SECONDS = 5

_ENCODER = Path(__file__).parent / "picture_encoder.py"
_PNG = b"\x89PNG\r\n\x1a\n"
_PADDING = b"\x00\r\n"
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
# What makes a browser or an interpreter take a file for something else.
_FOREIGN = (b"<script", b"<!doctype", b"<?php", b"<html>", b"<iframe")
_PDF, _PDF_WITHIN = b"%PDF-", 1024


class PictureStudio:
    """Has pictures encoded by a program of its own, one at a time: it takes up to 300 MB for a
    moment. Two others wait a moment, further ones are refused at once: pictures never hold more
    than three threads of the process.
    """

    def __init__(self) -> None:
        self._place = threading.BoundedSemaphore(AT_ONCE)
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)

    def encode(self, content: bytes) -> bytes:
        """Give the picture as JPEG of at most 1024 × 1024, upright, on white, without metadata.

        Raises:
            NotAnImage: no JPEG, PNG or WebP, broken, too many pixels, or something else beside.
            Unavailable: too many pictures are waiting, or the machine is too busy to encode one.
        """
        _check_before_decoding(content)
        if not self._place.acquire(blocking=False):
            self._wait_for_place()
        try:
            return _encoded(content)
        except (NotAnImage, Unavailable):
            raise
        except Exception as error:
            raise NotAnImage from error
        finally:
            self._place.release()

    def _wait_for_place(self) -> None:
        if not self._waiting.acquire(blocking=False):
            raise _too_many()
        try:
            if not self._place.acquire(timeout=WAIT_SECONDS):
                raise _too_many()
        finally:
            self._waiting.release()


def _too_many() -> Unavailable:
    return Unavailable("Too many pictures at the moment.", retry_after_seconds=RETRY_AFTER_SECONDS)


def _check_before_decoding(content: bytes) -> None:
    """Refuse by what the header says, without decoding a pixel."""
    size = _declared_size(content)
    if size is None or not 0 < size[0] * size[1] <= _most_pixels(content):
        raise NotAnImage
    if not _ends_where_it_says(content) or _is_something_else_too(content):
        raise NotAnImage


def _most_pixels(content: bytes) -> int:
    if content.startswith(_PNG):
        return MOST_PIXELS["PNG"]
    return MOST_PIXELS["WEBP" if content.startswith(b"RIFF") else "JPEG"]


def _declared_size(content: bytes) -> tuple[int, int] | None:
    """Read width and height from the header; None where there is no such header."""
    if content.startswith(_PNG) and content[12:16] == b"IHDR" and len(content) >= 33:
        return struct.unpack(">II", content[16:24])
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP" and len(content) >= 30:
        return _webp_size(content)
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg_size(content)
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(content[24:27], "little") + 1
        return width, int.from_bytes(content[27:30], "little") + 1
    if kind == b"VP8L" and content[20] == 0x2F:
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Walk the segments to the frame header, which comes before any pixel."""
    place = 2
    while place + 9 <= len(content):
        if content[place] != 0xFF:
            return None
        marker = content[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        if marker in (0xD9, 0xDA):
            return None
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        place += 2 + max(length, 2)
    return None


def _ends_where_it_says(content: bytes) -> bool:
    """Tell whether nothing follows the picture but the zeros and line ends that discs, mail
    programs and editors append. Of JPEG it cannot be asked: phones append previews and short films.
    """
    if content.startswith(_PNG):
        return content.rstrip(_PADDING).endswith(_PNG_END)
    if content.startswith(b"RIFF"):
        said = int.from_bytes(content[4:8], "little") + 8
        return said <= len(content) and not content[said:].strip(_PADDING)
    return True


def _is_something_else_too(content: bytes) -> bool:
    if _PDF in content[:_PDF_WITHIN] or zipfile.is_zipfile(BytesIO(content)):
        return True
    lowered = content.lower()
    return any(mark in lowered for mark in _FOREIGN)


def _encoded(content: bytes) -> bytes:
    """Let a process of its own decode and encode; it gets no environment, so no secret. It ends by
    itself when it swells or spins; when it only waits for a busy machine it is ended.
    """
    command = [sys.executable, "-I", str(_ENCODER)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, no words from outside
            command,
            input=content,
            capture_output=True,
            env={},
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_many() from error
    if done.returncode != 0:
        if done.returncode != IS_NO_PICTURE:
            structlog.get_logger().warning("picture_encoder_died", code=done.returncode)
        raise NotAnImage
    return done.stdout
