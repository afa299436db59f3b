"""A gateway made of a script, on a real socket: what a test says the API answers, and what it was
asked.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request the gateway received; header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int = 200
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


def problem(status: int, code: str, **details: object) -> Reply:
    body = {"type": f"/problems/{code}", "status": status, "code": code, "detail": code, **details}
    return Reply(status=status, json=body)


class StubGateway:
    """Answers each (method, path) with its replies in order, the last one again and again."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.replies: dict[tuple[str, str], list[Reply]] = {}
        self.hangs = threading.Event()
        self.is_over = threading.Event()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(
                    method=self.command,
                    path=self.path,
                    headers=headers,
                    body=self.rfile.read(length),
                )
                stub.asked.append(asked)
                if stub.hangs.is_set():
                    stub.is_over.wait(30)
                if stub.is_over.is_set():
                    self.close_connection = True
                    return
                reply = stub.reply_to(asked)
                body = json.dumps(reply.json).encode() if reply.json is not None else b""
                body = reply.content if reply.content is not None else body
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = answer  # noqa: N815 - the names http.server looks for
            do_POST = answer  # noqa: N815
            do_DELETE = answer  # noqa: N815
            do_PUT = answer  # noqa: N815
            do_PATCH = answer  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def reply(self, method: str, path: str, *replies: Reply) -> None:
        self.replies[method, path] = list(replies)

    def reply_to(self, asked: Asked) -> Reply:
        waiting = self.replies.get((asked.method, asked.path), [])
        if not waiting:
            return problem(404, "not_found")
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def asked_for(self, method: str, path: str) -> list[Asked]:
        return [each for each in self.asked if (each.method, each.path) == (method, path)]

    def close(self) -> None:
        self.is_over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
