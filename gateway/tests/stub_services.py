"""Services made of a script, on real sockets: what a test says they answer, and what they were
asked.
"""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request a service received; header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int = 200
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Script = Callable[[Asked], Reply]


def problem(status: int, code: str, **details: object) -> Reply:
    body = {"type": f"/problems/{code}", "status": status, "code": code, "detail": code, **details}
    return Reply(status=status, json=body, headers={"Content-Type": "application/problem+json"})


class StubService:
    """An HTTP/1.1 service on a free port. `script` decides every answer; `asked` keeps every
    question.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self.script: Script = lambda _asked: Reply(json={})
        self.replies: dict[tuple[str, str], Reply] = {}
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def setup(self) -> None:
                stub.connections += 1
                super().setup()

            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                asked = Asked(
                    method=self.command,
                    target=self.path,
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(length),
                )
                stub.asked.append(asked)
                self.answer(stub.reply_to(asked))

            def answer(self, reply: Reply) -> None:
                body = reply.content if reply.content is not None else b""
                if reply.content is None and reply.status not in (204, 304):
                    body = json.dumps(reply.json).encode()
                self.send_response(reply.status)
                names = {name.lower() for name in reply.headers}
                if "content-type" not in names and body:
                    self.send_header("Content-Type", "application/json")
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status not in (204, 304):
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)
                self.wfile.flush()

            def log_message(self, *arguments: object) -> None:
                pass

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
            setattr(Handler, f"do_{method}", Handler.handle_any)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *arguments: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def reply_to(self, asked: Asked) -> Reply:
        return self.replies.get((asked.method, asked.path)) or self.script(asked)

    def reply(self, method: str, path: str, reply: Reply) -> None:
        self.replies[method, path] = reply

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class RawService:
    """A service that does with each connection what the test says; for everything that is not
    polite HTTP.
    """

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: list[socket.socket] = []
        self._is_closing = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._is_closing:
                connection.close()
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        try:
            self._serve(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def close(self) -> None:
        self._is_closing = True
        for connection in self._open:
            connection.close()
        with socket.create_connection(self._listener.getsockname()):
            pass
        self._thread.join(5)
        self._listener.close()


def read_request(connection: socket.socket) -> bytes:
    """Read one request without a body, or with a Content-Length one."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    while lengths and len(body) < lengths[0]:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


CLOSING_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    b"Connection: close\r\n\r\n{}"
)
SIMPLE_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
