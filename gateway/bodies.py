"""Reading a request's body: bounded, within a time, and as strict for forms as for JSON.

Fields stay as they were sent; what they mean, and that a string with NUL or a lone surrogate is a
bad value, is decided per field.
"""

import asyncio
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import IO, Any, Protocol
from urllib.parse import parse_qsl

import aiohttp
import aiohttp.web
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header

from gateway.errors import Circumstances, Fault, Refused, unavailable, unreadable_body
from gateway.exchange import Fields, UploadedFile
from shared import strict_json

MAX_FORM_FIELDS = 200
MAX_FORM_TEXT_BYTES = 64 * 1024
PROMPT_SECONDS = 0.5
SILENT_SECONDS = 15.0
BODY_SECONDS = 180.0
ARRIVING = "gateway.arriving"
"""Where a request's environment has what is still to come of it."""
SLOW_BODY_RETRY_SECONDS = 5
LARGE_BODIES_AT_ONCE = 6
SLOW_LARGE_BODIES_AT_ONCE = 5
SLOW_LARGE_BODIES_OF_ONE_NETWORK = 3
SLOW_LARGE_BODIES_OF_ONE_CALLER = 2
LARGE_BODY_WAIT_SECONDS = 1.0
LARGE_BODY_RETRY_SECONDS = 5
_SHOWN_MEDIA_TYPE_CHARACTERS = 100
_JSON = "application/json"
_URL_ENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


@dataclass(frozen=True, kw_only=True)
class ReadBody:
    """A body's object: fields, and the files of a multipart form."""

    fields: Fields = field(default_factory=dict)
    files: Mapping[str, UploadedFile] = field(default_factory=dict)


EMPTY = ReadBody()


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a body has to come, in seconds: without a place of its own, without a pause, and in
    all.
    """

    prompt_seconds: float = PROMPT_SECONDS
    silent_seconds: float = SILENT_SECONDS
    total_seconds: float = BODY_SECONDS


PACE = Pace()


class Arriving(Protocol):
    """What is still to come of a request."""

    async def readany(self) -> bytes:
        """Wait for more and give it; nothing is the end."""
        ...


class SlowBodies:
    """Lets few bodies that do not come promptly be waited for, and fewer of one sender (a network,
    or an account): room stays for callers who send theirs.
    """

    def __init__(self, at_once: int, of_one_sender: int) -> None:
        self._at_once = at_once
        self._of_one_sender = of_one_sender
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def place(self, sender: str) -> Iterator[None]:
        """Hold a place while waiting.

        Raises:
            Refused: `UNAVAILABLE`, all are taken.
        """
        is_full = self._waiting.total() >= self._at_once
        if is_full or self._waiting[sender] >= self._of_one_sender:
            raise unavailable(SLOW_BODY_RETRY_SECONDS)
        self._waiting[sender] += 1
        try:
            yield
        finally:
            self._waiting[sender] -= 1
            if not self._waiting[sender]:
                del self._waiting[sender]


class SlowLargeBodies:
    """Lets large bodies come slowly, but not all of them at once, fewer of one network and fewer
    still of one caller: whoever dawdles leaves places for others.
    """

    def __init__(self) -> None:
        at_once = SLOW_LARGE_BODIES_AT_ONCE
        self._of_callers = SlowBodies(at_once, SLOW_LARGE_BODIES_OF_ONE_CALLER)
        self._of_networks = SlowBodies(at_once, SLOW_LARGE_BODIES_OF_ONE_NETWORK)

    @contextmanager
    def place(self, caller: str, network: str) -> Iterator[None]:
        """Hold a place while waiting.

        Raises:
            Refused: `UNAVAILABLE`, all are taken.
        """
        with self._of_callers.place(caller), self._of_networks.place(network):
            yield


class LargeBodies:
    """Lets few large bodies be in memory at once: each is kept, in up to three copies, until its
    answer is there.
    """

    def __init__(
        self, at_once: int = LARGE_BODIES_AT_ONCE, wait_seconds: float = LARGE_BODY_WAIT_SECONDS
    ) -> None:
        self._places = asyncio.BoundedSemaphore(at_once)
        self._wait_seconds = wait_seconds

    async def enter(self) -> None:
        """Take a place, waiting a moment for one.

        Raises:
            Refused: `UNAVAILABLE`, all are taken.
        """
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise unavailable(LARGE_BODY_RETRY_SECONDS) from None

    def leave(self) -> None:
        """Give the place back."""
        self._places.release()


def declared_bytes(environ: Mapping[str, Any]) -> int | None:
    """Give the length the request declares, None for a chunked body, 0 for none.

    Raises:
        Refused: `BAD_FRAMING` when length and transfer coding contradict each other or cannot be
        understood.
    """
    coding = environ.get("HTTP_TRANSFER_ENCODING", "")
    length = environ.get("CONTENT_LENGTH") or ""
    if coding:
        if coding.strip().lower() != "chunked" or length:
            raise Refused(Fault.BAD_FRAMING)
        return None
    if not length:
        return 0
    if not (length.isascii() and length.isdigit()):
        raise Refused(Fault.BAD_FRAMING)
    return int(length)


def refuse_coded_body(environ: Mapping[str, Any]) -> None:
    """Refuse a compressed body: nobody here opens one, and a small one may hold a very large one.

    Raises:
        Refused: `MEDIA_TYPE`, naming the coding.
    """
    coding = str(environ.get("HTTP_CONTENT_ENCODING", "")).strip().lower()
    if coding not in ("", "identity"):
        raise _unsupported(coding)


Place = Callable[[], AbstractContextManager[None]]


async def read_body(
    environ: Mapping[str, Any], limit: int, place: Place = nullcontext, pace: Pace = PACE
) -> bytes:
    """Read the whole body, at most `limit` bytes. What does not come promptly is waited for in a
    place of its own, as long as it goes on coming.

    Raises:
        Refused: `BODY_TOO_LARGE`; `UNREADABLE_BODY` when it ends early or comes too slowly;
            `BAD_FRAMING`; `UNAVAILABLE` when too many are waited for.
    """
    length = declared_bytes(environ)
    if length == 0:
        return b""
    most = limit if length is None else length
    if most > limit:
        raise Refused(Fault.BODY_TOO_LARGE)
    arriving: Arriving = environ[ARRIVING]
    content = bytearray()
    try:
        if not await _came_promptly(arriving, content, most, pace):
            with place():
                await _wait_patiently(arriving, content, most, pace)
    except (OSError, aiohttp.ClientError, aiohttp.web.RequestPayloadError) as error:
        raise unreadable_body("the body is incomplete") from error
    if len(content) > most:
        raise Refused(Fault.BODY_TOO_LARGE)
    if length is not None and len(content) < length:
        raise unreadable_body("the body is incomplete")
    return bytes(content)


async def _came_promptly(arriving: Arriving, content: bytearray, most: int, pace: Pace) -> bool:
    try:
        async with asyncio.timeout(pace.prompt_seconds):
            while await _add_piece(arriving, content, most):
                pass
    except TimeoutError:
        return False
    return True


async def _wait_patiently(arriving: Arriving, content: bytearray, most: int, pace: Pace) -> None:
    is_more = True
    async with asyncio.timeout(pace.total_seconds):
        while is_more:
            async with asyncio.timeout(pace.silent_seconds):
                is_more = await _add_piece(arriving, content, most)


async def _add_piece(arriving: Arriving, content: bytearray, most: int) -> bool:
    """Add what has come; tell whether there is more to wait for."""
    piece = await arriving.readany()
    content += piece
    return bool(piece) and len(content) <= most


def fields_of(content: bytes, content_type: str, *, is_form_only: bool = False) -> ReadBody:
    """Read the body's object: JSON (also without a media type) or a form.

    Raises:
        Refused: `MEDIA_TYPE`, `UNREADABLE_BODY` or `NO_OBJECT`.
    """
    media_type, options = parse_options_header(content_type)
    media_type = media_type.lower()
    if media_type == _URL_ENCODED:
        return _url_encoded(content)
    if media_type == _MULTIPART:
        return _multipart(content, options.get("boundary", ""))
    if is_form_only:
        return _refuse_media_type_unless_empty(content, media_type)
    if media_type in ("", _JSON) or (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        return _json(content)
    return _refuse_media_type_unless_empty(content, media_type)


def _refuse_media_type_unless_empty(content: bytes, media_type: str) -> ReadBody:
    if not content and media_type != _JSON:
        return EMPTY
    raise _unsupported(media_type)


def _unsupported(media_type: str) -> Refused:
    shown = "".join(each for each in media_type if each.isprintable())
    shown = shown[:_SHOWN_MEDIA_TYPE_CHARACTERS]
    return Refused(Fault.MEDIA_TYPE, Circumstances(media_type=shown))


def _json(content: bytes) -> ReadBody:
    if not content.strip():
        return EMPTY
    try:
        value = strict_json.loads(content, has_checked_strings=False)
    except strict_json.UnreadableJson as error:
        raise unreadable_body(str(error)) from error
    if value is None:
        return EMPTY
    if not isinstance(value, dict):
        raise Refused(Fault.NO_OBJECT, Circumstances(found=type(value).__name__))
    return ReadBody(fields=value)


def _url_encoded(content: bytes) -> ReadBody:
    try:
        pairs = parse_qsl(
            content.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MAX_FORM_FIELDS,
        )
    except UnicodeDecodeError:
        raise unreadable_body("not UTF-8") from None
    except ValueError:
        raise unreadable_body("too many fields") from None
    return ReadBody(fields=_without_repeats(pairs))


def _multipart(content: bytes, boundary: str) -> ReadBody:
    if not content:
        return EMPTY
    # The parser's memory limit is of its buffer, files included: the fields' texts are measured
    # here, the body as a whole is bounded already.
    parser = MultiPartParser(
        stream_factory=_memory_stream, max_form_memory_size=None, max_form_parts=MAX_FORM_FIELDS
    )
    try:
        form, files = parser.parse(io.BytesIO(content), boundary.encode("latin-1"), len(content))
    except RequestEntityTooLarge:
        raise Refused(Fault.BODY_TOO_LARGE) from None
    except (ValueError, LookupError):
        raise unreadable_body("malformed multipart form") from None
    if sum(len(name) + len(text) for name, text in form.items(multi=True)) > MAX_FORM_TEXT_BYTES:
        raise Refused(Fault.BODY_TOO_LARGE)
    fields = _without_repeats(list(form.items(multi=True)))
    if b"\xef\xbf\xbd" not in content and any("\ufffd" in str(value) for value in fields.values()):
        raise unreadable_body("not UTF-8")
    uploaded = _uploaded(files)
    if fields.keys() & uploaded.keys():
        raise unreadable_body("repeated field")
    return ReadBody(fields=fields, files=uploaded)


def _uploaded(files: MultiDict[str, FileStorage]) -> dict[str, UploadedFile]:
    found: dict[str, UploadedFile] = {}
    for name, storage in files.items(multi=True):
        if name in found:
            raise unreadable_body("repeated field")
        found[name] = UploadedFile(
            filename=storage.filename or "",
            media_type=storage.mimetype or "",
            content=storage.stream.read(),
        )
    return found


def _memory_stream(*_sizes: object, **_named: object) -> IO[bytes]:
    """Keep uploads in memory: the whole body is bounded already."""
    return io.BytesIO()


def _without_repeats(pairs: list[tuple[str, str]]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise unreadable_body("repeated field")
        fields[name] = value
    return fields
