"""How the gateway is served: aiohttp's server in gunicorn's worker, with what a public edge needs
beside it. No slow caller holds more than its connection.

* A head is judged before the server parses it (`gateway/heads.py`), and has `HEAD_SECONDS` from its
  first byte to its end. Where there is no room for a connection, the one goes that has waited
  longest for its head to end.
* Connections of one network are bounded; a trusted proxy is not counted.
* A caller that takes less than `LEAST_TAKEN_BYTES` of its answer in `SILENT_READER_SECONDS` is let
  go: a slow phone takes more.
* A chunked request is the last one of its connection, so that nothing can hide behind it.
"""

import asyncio
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any, ClassVar, Final, cast

import structlog
import uvloop
from aiohttp import HttpVersion, HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler, _ErrInfo
from aiohttp.worker import GunicornWebWorker
from gunicorn.workers.base import Worker

from gateway.answers import Answer, BrokenOff, Pieces, spelled_head
from gateway.forwarding import Gateway
from gateway.heads import (
    END,
    Framing,
    HeadRefused,
    judged_head,
    judged_part,
    plain_head,
    request_of_refused,
    request_of_taken,
)
from gateway.home import going_on
from shared.gunicorn import HEAD_SECONDS, Doorkeeper
from shared.http.addresses import UNKNOWN, network_of
from shared.logs import described_error

SILENT_READER_SECONDS: Final = 30.0
LEAST_TAKEN_BYTES: Final = 32 * 1024
LINGERING_SECONDS: Final = 2.0
"""How long the rest of a body is read and thrown away that was refused before it was read: who is
still sending would not see the answer otherwise."""
BACKLOG: Final = 2048
MOST_CONNECTIONS: Final = 20_000
LOOK_EVERY_SECONDS: Final = 0.5
_LOOK_AT_READERS_EVERY: Final = 10
_BUFFERED_BYTES: Final = 64 * 1024
_GO_ON: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(RequestHandler):
    """One caller's connection."""

    def __init__(self, server: "Server", **options: Any) -> None:
        super().__init__(server, **options)
        self._server = server
        self._arrived = bytearray()
        self._head = b""
        self._body_left = 0
        self._is_last = False
        self._framings: list[Framing] = []
        self._body: StreamReader | None = None
        self.is_ended = False
        self.pieces: Pieces | None = None
        self.address = ""
        self.network = UNKNOWN
        self.is_counted = False
        self.head_deadline = 0.0
        self.sent_bytes = 0
        self.taken_bytes = 0
        self.taken_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let a connection in, or not."""
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        self.network = network_of(self.address)
        _give_up_the_vanished(transport)
        super().connection_made(transport)
        self._server.let_in(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget it."""
        self._server.forget(self)
        if self.pieces is not None:
            self.pieces.close()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand on what belongs to a request that was taken, and gather heads."""
        while data and not self._is_last:
            data = self._handed_on(data) if self._body_left else self._gathered(data)
        if self._server.is_refusing(self):
            return
        super().data_received(data)  # of a chunked body, or nothing: aiohttp's own wish
        if self._messages and isinstance(self._messages[-1][0], _ErrInfo):
            self._break_body()

    def eof_received(self) -> bool:  # type: ignore[override] # as asyncio promises it
        """Answer what was asked, though nothing more will come; a half body is none."""
        self.is_ended = True
        self._break_body()
        if self.pieces is not None and self.pieces.is_endless:
            return False  # who listens no more says so by this
        return self.is_answering or self._server.is_refusing(self)

    def _break_body(self) -> None:
        if self._body is not None and not self._body.is_eof():
            self._body.set_exception(web.RequestPayloadError("the body is incomplete"))

    def _handed_on(self, data: bytes) -> bytes:
        piece = data[: self._body_left]
        self._body_left -= len(piece)
        super().data_received(piece)
        return data[len(piece) :]

    def _gathered(self, data: bytes) -> bytes:
        """Take from the data what belongs to a head; give what follows it."""
        if not self._arrived and END in data:
            head, _, rest = data.partition(END)
            return rest if self._took(head + END) else b""
        if not self._arrived:
            self._server.wait_for_head(self)
        before = len(self._arrived)
        self._arrived += data
        end = self._arrived.find(END, max(0, before - 3))
        if end < 0:
            try:
                judged_part(self._arrived)
            except HeadRefused as refusal:
                self._refuse(bytes(self._arrived), refusal.status)
            return b""
        head = bytes(self._arrived[: end + 4])
        self._arrived.clear()
        self._server.wait_no_longer(self)
        return data[end + 4 - before :] if self._took(head) else b""

    def _took(self, head: bytes) -> bool:
        try:
            framing = judged_head(head)
        except HeadRefused as refusal:
            self._refuse(head, refusal.status)
            return False
        self._head = head
        self._framings.append(framing)
        if framing.body_bytes is None:
            self._is_last = True
        else:
            self._body_left = framing.body_bytes
        super().data_received(plain_head(head, framing.method))
        self._body = self._messages[-1][1] if self._messages else None
        return True

    def _refuse(self, head: bytes, status: HTTPStatus) -> None:
        self._is_last = True
        self._server.refuse(self, head, status)

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing was asked that has not been answered."""
        is_busy = self._arrived or self.is_asked or self._request_in_progress
        return not is_busy and not self._server.is_refusing(self)

    @property
    def is_asked(self) -> bool:
        """Tell whether something was asked that nobody has begun to answer."""
        return bool(self._framings or self._messages)

    @property
    def is_followed(self) -> bool:
        """Tell whether an answer follows the one that is given now."""
        return self.is_asked or self._server.is_refusing(self)

    @property
    def is_answering(self) -> bool:
        """Tell whether something that was asked has not been answered."""
        return self.is_asked or self._request_in_progress

    def next_framing(self) -> Framing:
        """Give what was judged of the request that is answered now."""
        return self._framings.pop(0)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Name a mistake of ours that the gateway did not answer itself, and close."""
        if exc is not None:
            structlog.get_logger().error("unexpected_error", **described_error(exc))
        raise ConnectionError("nothing to answer with") from exc

    def log_exception(self, *_arguments: Any, **_more: Any) -> None:
        """Name a mistake of ours; that a body broke off was its sender's and is answered."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, web.RequestPayloadError):
            structlog.get_logger().error("unexpected_error", **described_error(error))

    def _make_error_handler(self, _error: Any) -> Any:
        async def answer(_request: web.BaseRequest) -> web.StreamResponse:
            return await self._server.refused(self, self._head, HTTPStatus.BAD_REQUEST)

        return answer


class Written(web.StreamResponse):
    """An answer that is written as it was spelled."""

    def __init__(self, content: bytes, *, is_last: bool) -> None:
        super().__init__()
        self._content = content
        self._is_last = is_last

    @property
    def keep_alive(self) -> bool:
        """Tell whether another request may follow."""
        return not self._is_last

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write it; wait until most of it was taken."""
        connection = _connection_of(request)
        _send(connection, self._content)
        await connection._drain_helper()
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """It was written whole."""


class Streamed(web.StreamResponse):
    """An answer that is written as it comes, no faster than it is taken. Where its length is not
    known it is chunked, or ends with the connection for HTTP/1.0; where it breaks off, so does the
    connection.
    """

    def __init__(
        self, answer: Answer, pieces: Pieces, version: HttpVersion, *, is_last: bool
    ) -> None:
        super().__init__()
        self._answer = answer
        self._pieces = pieces
        self._is_chunked = answer.length is None and version >= HttpVersion11
        self._is_last = is_last or (answer.length is None and not self._is_chunked)

    @property
    def keep_alive(self) -> bool:
        """Tell whether another request may follow."""
        return not self._is_last

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write it to its end; wait again and again until most of it was taken."""
        connection = _connection_of(request)
        connection.pieces = self._pieces
        try:
            await self._write(connection)
        except BrokenOff:
            _cut(connection)
            raise ConnectionResetError from None
        finally:
            connection.pieces = None
            self._pieces.close()
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """It was written whole."""

    async def _write(self, connection: Connection) -> None:
        more = [("Transfer-Encoding", "chunked")] if self._is_chunked else []
        spoken = "close" if self._is_last else "keep-alive"
        head = _spelled(self._answer, spoken, has_body=False, more=more)
        _send(connection, head + self._framed(self._answer.body))
        await connection._drain_helper()
        async for piece in self._pieces:
            _send(connection, self._framed(piece))
            await connection._drain_helper()
        if self._is_chunked:
            _send(connection, b"0\r\n\r\n")

    def _framed(self, piece: bytes) -> bytes:
        if not self._is_chunked or not piece:
            return piece
        return b"%x\r\n%b\r\n" % (len(piece), piece)


class GoingOn:
    """The body of a request whose sender waits to be told to go on."""

    def __init__(self, request: web.BaseRequest) -> None:
        self._request = request
        self._is_told = False

    async def readany(self) -> bytes:
        """Tell the sender once, then wait for more."""
        if not self._is_told:
            self._is_told = True
            if self._request.transport is not None:
                self._request.transport.write(_GO_ON)
        return await self._request.content.readany()


class Server(web.Server):
    """Makes connections and answers their requests through the gateway."""

    def __init__(self, gateway: Gateway, doorkeeper: Doorkeeper, keep_alive_seconds: float) -> None:
        super().__init__(
            self._answered,
            access_log=None,
            keepalive_timeout=keep_alive_seconds,
            lingering_time=LINGERING_SECONDS,
            read_bufsize=_BUFFERED_BYTES,
            auto_decompress=False,
            max_line_size=64 * 1024,  # judged before
            max_field_size=64 * 1024,
            max_headers=1024,
        )
        self._gateway = gateway
        self._doorkeeper = doorkeeper
        self._of_network: Counter[str] = Counter()
        self._waiting: dict[Connection, None] = {}
        self._refusing: dict[Connection, asyncio.Task[None]] = {}
        self._looks = 0

    def __call__(self) -> RequestHandler:
        """Make the protocol of a new connection."""
        return Connection(self, loop=self._loop, **self._kwargs)

    def let_in(self, connection: Connection) -> None:
        """Count a connection; where there is no room, the one goes that waits longest for its head,
        and without such a one the newcomer.
        """
        if len(self.connections) > MOST_CONNECTIONS and not self._let_go_of_the_longest_waiting(
            lambda one: one is not connection
        ):
            _cut(connection)
            return
        most = self._doorkeeper.most_of_one_network
        network = connection.network
        if not most or network == UNKNOWN or self._doorkeeper.is_exempt(connection.address):
            return
        if self._of_network[network] >= most and not self._let_go_of_the_longest_waiting(
            lambda one: one.network == network and one is not connection
        ):
            _cut(connection)
            return
        self._of_network[network] += 1
        connection.is_counted = True

    def forget(self, connection: Connection) -> None:
        """Note that a connection has ended."""
        self._waiting.pop(connection, None)
        refusing = self._refusing.pop(connection, None)
        if refusing is not None:
            refusing.cancel()
        self._uncount(connection)

    def wait_for_head(self, connection: Connection) -> None:
        """Begin to wait for the rest of a head."""
        connection.head_deadline = time.monotonic() + HEAD_SECONDS
        self._waiting[connection] = None

    def wait_no_longer(self, connection: Connection) -> None:
        """The head has come."""
        self._waiting.pop(connection, None)

    def is_refusing(self, connection: Connection) -> bool:
        """Tell whether a head was refused there: nothing that follows is read."""
        return connection in self._refusing

    def refuse(self, connection: Connection, head: bytes, status: HTTPStatus) -> None:
        """Answer a head that is not taken, when what came before it was answered; then close."""
        self.wait_no_longer(connection)
        self._refusing[connection] = asyncio.create_task(self._refuse(connection, head, status))

    async def refused(self, connection: Connection, head: bytes, status: HTTPStatus) -> Written:
        """Give the answer to a head that is not taken."""
        request = request_of_refused(head, connection.address)
        answer = await self._gateway.refused_head(request, status)
        is_head = request.method == "HEAD"
        return Written(_spelled(answer, "close", has_body=not is_head), is_last=True)

    async def look_around(self) -> None:
        """Let go of who sends no head or takes no answer, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            now = time.monotonic()
            while self._waiting and next(iter(self._waiting)).head_deadline <= now:
                _cut(next(iter(self._waiting)))
            self._looks += 1
            if self._looks % _LOOK_AT_READERS_EVERY == 0:
                for connection in list(self.connections):
                    if isinstance(connection, Connection):
                        _look_at_reader(connection, now)

    def let_go_of_the_idle(self) -> None:
        """Close connections that wait for a head to end; called when stopping."""
        for connection in list(self._waiting):
            _cut(connection)

    async def _refuse(self, connection: Connection, head: bytes, status: HTTPStatus) -> None:
        try:
            written = await self.refused(connection, head, status)
            while connection.is_answering:
                await asyncio.sleep(0.01)
            if connection.transport is not None:
                connection.transport.write(written._content)
                if connection.transport.can_write_eof():
                    connection.transport.write_eof()
            await asyncio.sleep(LINGERING_SECONDS)
        finally:
            connection.force_close()

    def _let_go_of_the_longest_waiting(self, is_meant: Callable[[Connection], bool]) -> bool:
        """Cut whoever waits longest for the end of a head, or else for its beginning."""
        idle = (one for one in self.connections if isinstance(one, Connection) and one.is_idle)
        found = next((one for one in (*self._waiting, *idle) if is_meant(one)), None)
        if found is None:
            return False
        _cut(found)
        self._uncount(found)
        return True

    def _uncount(self, connection: Connection) -> None:
        if not connection.is_counted:
            return
        connection.is_counted = False
        self._of_network[connection.network] -= 1
        if self._of_network[connection.network] <= 0:
            del self._of_network[connection.network]

    async def _answered(self, received: web.BaseRequest) -> web.StreamResponse:
        connection = _connection_of(received)
        framing = connection.next_framing()
        message = received._message
        request = request_of_taken(
            framing.method, message.path, message.raw_headers, connection.address
        )
        request.arriving = GoingOn(received) if framing.is_awaited else received.content
        answer = await self._gateway.answer(request)
        is_last = (
            message.should_close
            or (connection.is_ended and not connection.is_followed)
            or framing.body_bytes is None
            or framing.method == "CONNECT"
            or (framing.is_awaited and not received.content.is_eof())
        )
        spoken = "close" if is_last else "keep-alive"
        has_body = framing.method != "HEAD"
        if answer.pieces is not None and has_body:
            return Streamed(answer, answer.pieces, message.version, is_last=is_last)
        return Written(_spelled(answer, spoken, has_body=has_body), is_last=is_last)


class GatewayWorker(GunicornWebWorker):
    """Runs a gateway in gunicorn's worker process."""

    doorkeeper: ClassVar[Doorkeeper] = Doorkeeper()

    def init_process(self) -> None:
        """Make the loop of this process; aiohttp's own worker for uvloop sets the policy of all
        loops, which Python 3.14 deprecates.
        """
        self.loop = uvloop.new_event_loop()
        asyncio.set_event_loop(self.loop)
        Worker.init_process(self)

    async def _run(self) -> None:
        gateway = cast(Gateway, self.wsgi)
        gateway.begin()
        server = Server(gateway, self.doorkeeper, self.cfg.keepalive)
        runner = web.ServerRunner(server, shutdown_timeout=self.cfg.graceful_timeout * 0.95)
        await runner.setup()
        for listener in self.sockets:
            await web.SockSite(runner, listener, backlog=BACKLOG).start()
        looking = asyncio.create_task(going_on(server.look_around))
        self.booted = True
        try:
            while self.alive and self.ppid == os.getppid():
                self.notify()
                await self._wait_next_notify()
        finally:
            looking.cancel()
            server.let_go_of_the_idle()
            gateway.end_streams()
            await runner.cleanup()
            await gateway.end()


def _give_up_the_vanished(transport: asyncio.BaseTransport) -> None:
    """Let the system end a connection whose other end acknowledges nothing for as long as a silent
    reader has: a phone that lost its network says no farewell, and what the system holds for it is
    unread for a quarter of an hour otherwise. Linux only.
    """
    with suppress(AttributeError, OSError):
        milliseconds = int(SILENT_READER_SECONDS * 1000)
        transport.get_extra_info("socket").setsockopt(
            socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds
        )


def _connection_of(request: web.BaseRequest) -> Connection:
    connection = request.protocol
    assert isinstance(connection, Connection)  # noqa: S101 - the server makes no other
    return connection


def _send(connection: Connection, content: bytes) -> None:
    transport = connection.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError
    connection.sent_bytes += len(content)
    transport.write(content)


def _cut(connection: Connection) -> None:
    connection._server.wait_no_longer(connection)
    transport = connection.transport
    connection.force_close()
    if transport is not None:
        transport.abort()


def _look_at_reader(connection: Connection, now: float) -> None:
    """Cut a connection whose reader has taken too little for too long. What the system has taken
    for it counts as taken.
    """
    transport = connection.transport
    unread = transport.get_write_buffer_size() if transport is not None else 0
    taken = connection.sent_bytes - unread
    if not unread or taken - connection.taken_bytes >= LEAST_TAKEN_BYTES:
        connection.taken_bytes, connection.taken_since = taken, now
    elif now - connection.taken_since >= SILENT_READER_SECONDS:
        _cut(connection)


def _spelled(
    answer: Answer, connection: str, *, has_body: bool, more: Iterable[tuple[str, str]] = ()
) -> bytes:
    usual = (("Date", _date(int(time.time()))), ("Server", "hearth"), ("Connection", connection))
    head = spelled_head(answer, (*usual, *more))
    return head + answer.body if has_body and answer.may_have_body else head


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    """Spell a second as HTTP does; all answers of one share it."""
    return formatdate(second, usegmt=True)
