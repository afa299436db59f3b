"""Reading a request's body: bounded, within a time, and as strict for forms as for JSON.

Fields stay as they were sent; what they mean, and that a string with NUL or a lone surrogate is a
bad value, is decided per field.
"""

import fcntl
import io
import select
import socket
import struct
import termios
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import parse_qsl

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import ParseException
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header

from gateway.errors import Circumstances, Fault, Refused, unavailable, unreadable_body
from gateway.exchange import Fields, UploadedFile
from shared import strict_json

MAX_FORM_FIELDS = 200
MAX_FORM_TEXT_BYTES = 64 * 1024
BODY_SECONDS = 15.0
PROMPT_SECONDS = 0.5
SLOW_BODY_RETRY_SECONDS = 5
LARGE_BODIES_AT_ONCE = 6
SLOW_LARGE_BODIES_AT_ONCE = 5
SLOW_LARGE_BODIES_OF_ONE_NETWORK = 3
SLOW_LARGE_BODIES_OF_ONE_CALLER = 2
LARGE_BODY_WAIT_SECONDS = 1.0
LARGE_BODY_RETRY_SECONDS = 5
_READ_BYTES = 64 * 1024
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


class SlowBodyWatch:
    """Shuts the reading side of connections whose body does not arrive in time, so that no thread
    waits for ever.

    The web server bounds each read (`shared/gunicorn.py`), not all of them together; a body that
    trickles in would otherwise hold a thread as long as its sender likes.
    """

    def __init__(self, seconds: float = BODY_SECONDS) -> None:
        self._seconds = seconds
        self._watched: deque[_Watched] = deque()
        self._lock = threading.Lock()
        self._has_work = threading.Condition(self._lock)
        self._thread: threading.Thread | None = None

    def watch(self, connection: socket.socket) -> "_Watched":
        """Begin to watch; the caller sets `is_done` when the body is there."""
        watched = _Watched(connection, time.monotonic() + self._seconds)
        with self._has_work:
            self._watched.append(watched)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="slow-bodies", daemon=True)
                self._thread.start()
            if len(self._watched) == 1:
                self._has_work.notify()
        return watched

    def _run(self) -> None:
        while True:
            with self._has_work:
                while not self._watched:
                    self._has_work.wait()
                first = self._watched[0]
                remaining = first.deadline - time.monotonic()
                if remaining > 0 and not first.is_done:
                    self._has_work.wait(min(remaining, 1.0))
                    continue
                self._watched.popleft()
            first.cut()


class _Watched:
    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self.deadline = deadline
        self._connection = connection
        self._lock = threading.Lock()
        self.is_done = False

    def done(self) -> None:
        """Tell that the body has arrived."""
        with self._lock:
            self.is_done = True

    def cut(self) -> None:
        """End the reading, unless the body has arrived."""
        with self._lock:
            if self.is_done:
                return
            try:
                self._connection.shutdown(socket.SHUT_RD)
            except OSError:
                return


class SlowBodies:
    """Lets few threads wait for bodies that do not come promptly, and fewer for those of one
    sender (a network, or an account): all others stay free for callers who send theirs.
    """

    def __init__(self, at_once: int, of_one_sender: int) -> None:
        self._at_once = at_once
        self._of_one_sender = of_one_sender
        self._waiting: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def place(self, sender: str) -> Iterator[None]:
        """Hold a place while waiting.

        Raises:
            Refused: `UNAVAILABLE`, all are taken.
        """
        with self._lock:
            is_full = self._waiting.total() >= self._at_once
            if is_full or self._waiting[sender] >= self._of_one_sender:
                raise unavailable(SLOW_BODY_RETRY_SECONDS)
            self._waiting[sender] += 1
        try:
            yield
        finally:
            with self._lock:
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
        self._places = threading.BoundedSemaphore(at_once)
        self._wait_seconds = wait_seconds

    def enter(self) -> None:
        """Take a place, waiting a moment for one.

        Raises:
            Refused: `UNAVAILABLE`, all are taken.
        """
        if not self._places.acquire(timeout=self._wait_seconds):
            raise unavailable(LARGE_BODY_RETRY_SECONDS)

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


def read_body(
    environ: Mapping[str, Any], limit: int, watch: SlowBodyWatch, place: Place = nullcontext
) -> bytes:
    """Read the whole body, at most `limit` bytes. What does not come promptly is waited for in a
    place of its own.

    Raises:
        Refused: `BODY_TOO_LARGE`; `UNREADABLE_BODY` when it ends early or comes too slowly;
            `BAD_FRAMING`; `UNAVAILABLE` when too many are waited for.
    """
    length = declared_bytes(environ)
    if length == 0:
        return b""
    if length is not None and length > limit:
        raise Refused(Fault.BODY_TOO_LARGE)
    try:
        content = b"" if length is None else _prompt_part(environ, length)
        if length is None or len(content) < length:
            missing = limit + 1 if length is None else length - len(content)
            with place():
                content += _watched_part(environ, missing, watch)
    except (OSError, ValueError, ParseException) as error:
        raise unreadable_body("the body is incomplete") from error
    if len(content) > limit:
        raise Refused(Fault.BODY_TOO_LARGE)
    if length is not None and len(content) < length:
        raise unreadable_body("the body is incomplete")
    return content


def _prompt_part(environ: Mapping[str, Any], length: int) -> bytes:
    """Read what is there, and what comes while the sender makes haste; never wait for long."""
    connection = environ.get("gunicorn.socket")
    if connection is None:
        return _read(environ["wsgi.input"], length)
    reader = getattr(environ["wsgi.input"], "reader", None)
    if not isinstance(reader, LengthReader):
        return b""
    content = bytearray()
    deadline = time.monotonic() + PROMPT_SECONDS
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    while len(content) < length:
        here = min(_bytes_here(connection, reader), length - len(content))
        if here:
            content += reader.read(here)
            continue
        seconds = deadline - time.monotonic()
        is_more_or_the_end = seconds > 0 and poll.poll(seconds * 1000)
        if not is_more_or_the_end or not _bytes_here(connection, reader):
            break
    return bytes(content)


def _bytes_here(connection: socket.socket, reader: LengthReader) -> int:
    """Give how many bytes a read would get at once, of the parser's buffer and the system's."""
    in_system = struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, b"\0" * 4))[0]
    return reader.unreader.buf.getbuffer().nbytes + int(in_system)


def _watched_part(environ: Mapping[str, Any], most: int, watch: SlowBodyWatch) -> bytes:
    connection = environ.get("gunicorn.socket")
    watched = watch.watch(connection) if connection is not None else None
    try:
        return _read(environ["wsgi.input"], most)
    finally:
        if watched is not None:
            watched.done()


def _read(stream: IO[bytes], most: int) -> bytes:
    pieces: list[bytes] = []
    missing = most
    while missing > 0:
        piece = stream.read(min(missing, _READ_BYTES))
        if not piece:
            break
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


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
