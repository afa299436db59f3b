"""The runner against a small server of our own: it sends what a file says and finds every fault."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conformance.__main__ import main
from tests.conformance.exchanges import Exchange
from tests.conformance.replaying import compared, replay, send
from tests.conformance.setup_steps import Stage, claims_of, new_world
from tests.mailboxes import FolderMailbox
from tests.people import Place


class Echo(BaseHTTPRequestHandler):
    """Answers what it was sent, except where the path asks for something else."""

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        told: dict[str, Any] = {
            "method": self.command,
            "media_type": self.headers.get("Content-Type", "").partition(";")[0],
            "authorization": self.headers.get("Authorization"),
            "body": self.rfile.read(length).decode("utf-8", "replace"),
        }
        body = b"no JSON" if self.path == "/broken" else json.dumps(told).encode()
        self.send_response(302 if self.path == "/elsewhere" else 200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/elsewhere":
            self.send_header("Location", "/")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = answer  # noqa: N815 - the standard library's names

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stage(url: str, tmp_path: Path) -> Stage:
    mailbox = FolderMailbox(tmp_path)
    return Stage(
        place=Place(url=url, mailbox=mailbox, admin_email="a@b.example", admin_password="x")
    )


def exchange_of(request: dict[str, Any], response: dict[str, Any]) -> Exchange:
    return Exchange(row="W1", name="n", title="t", given=(), request=request, response=response)


@pytest.mark.parametrize(
    ("body", "media_type", "sent"),
    [
        ({"json": {"a": None}}, "application/json", '{"a": null}'),
        ({"form": {"a": "b c"}}, "application/x-www-form-urlencoded", "a=b+c"),
        ({"text": "{ж"}, "", "{ж"),
        ({}, "", ""),
    ],
)
def test_a_body_is_sent_as_the_file_says(url, body, media_type, sent):
    headers = {"Authorization": "Token x"}
    answer = send(url, {"method": "POST", "path": "/", "headers": headers, **body}).json()
    assert answer == {
        "method": "POST",
        "media_type": media_type,
        "authorization": "Token x",
        "body": sent,
    }


def test_a_file_is_sent_as_multipart(url):
    request = {"method": "POST", "path": "/", "files": {"picture": "a vector drawing"}}
    answer = send(url, request).json()
    assert answer["media_type"] == "multipart/form-data"
    assert 'name="picture"' in answer["body"]
    assert "<svg" in answer["body"]


def test_redirects_are_not_followed(url):
    assert send(url, {"method": "GET", "path": "/elsewhere"}).status_code == 302


RIGHT = {"method": "GET", "media_type": "", "authorization": None, "body": ""}


def test_a_right_answer_has_no_difference(stage):
    response = {
        "status": 200,
        "headers": {"Content-Length": "<any words>"},
        "media_type": "application/json",
        "json": RIGHT,
    }
    assert replay(exchange_of({"method": "GET", "path": "/"}, response), stage) == []


@pytest.mark.parametrize(
    ("path", "response"),
    [
        ("/", {"status": 201}),
        ("/", {"status": 200, "headers": {"ETag": "<any words>"}}),
        ("/", {"status": 200, "media_type": "text/html"}),
        ("/", {"status": 200, "json": {**RIGHT, "body": "x"}}),
        ("/broken", {"status": 200, "json": RIGHT}),
    ],
)
def test_a_wrong_answer_is_told(stage, path, response):
    told = replay(exchange_of({"method": "GET", "path": path}, response), stage)
    assert len(told) == 1


def test_every_fault_of_an_answer_is_told(url):
    answer = send(url, {"method": "GET", "path": "/"})
    told = compared({"status": 404, "media_type": "a/b", "json": {}}, answer)
    assert len(told) == 2 + len(RIGHT)


def test_values_of_a_new_world_are_new_each_time(stage):
    first, second = new_world(stage).values, new_world(stage).values
    assert first["fresh.email"] != second["fresh.email"]
    assert claims_of(first["forged.token"])["id"] == 1


def test_the_command_fails_when_an_answer_is_wrong(url, tmp_path):
    password = tmp_path / "password"
    password.write_text("x", encoding="utf-8")
    arguments = ["--url", url, "--mailbox", str(tmp_path), "--admin-email", "a@b.example"]
    arguments += ["--admin-password-file", str(password), "--row", "M13"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    assert "0 of 3 exchanges are right." in done.output


def test_the_command_wants_one_place_for_mails(url, tmp_path):
    password = tmp_path / "password"
    password.write_text("x", encoding="utf-8")
    arguments = ["--url", url, "--admin-email", "a@b.example"]
    arguments += ["--admin-password-file", str(password)]
    assert CliRunner().invoke(main, arguments).exit_code == 2
