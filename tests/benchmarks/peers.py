"""What Hearth is measured against in the same run: a monolith with the same reads, and nginx as the
plainest proxy there is.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import requests

from shared.testing.plugin import POSTGRESQL_URL
from shared.testing.waiting import eventually

MONOLITH = Path(__file__).parent / "monolith"
PROCESSES, THREADS = 2, 8
_NGINX = """
worker_processes {processes};
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream service {{ server {service}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
    }}
  }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Something that serves, in a process group of its own."""

    url: str
    group: int
    tokens: tuple[str, ...] = ()


def installed(folder: Path) -> str:
    """Give the Python of a folder's own environment (`.venv-monolith`), made when it is missing or
    the lock has changed.
    """
    lock, environment = folder / "requirements.txt", Path(f".venv-{folder.name}")
    note, python = environment / "installed", environment / "bin" / "python"
    wanted = lock.read_text(encoding="utf-8")
    if not note.exists() or note.read_text(encoding="utf-8") != wanted:
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", str(environment)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(python)]
        hashed = ["--no-deps", "--require-hashes", "-r", str(lock)]
        subprocess.run([*install, *hashed], check=True)
        note.write_text(wanted, encoding="utf-8")
    return str(python.absolute())


@contextmanager
def monolith(kind: str) -> Iterator[Peer]:
    """Run the monolith on SQLite, or on a database of its own on the server the tests use."""
    python = installed(MONOLITH)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearth-monolith-")))
        place = str(folder / "data.sqlite3")
        if kind == "servers":
            place = stack.enter_context(_database())
        environment = {"PATH": os.environ["PATH"], "MONOLITH_DATABASE": place}
        made = subprocess.run(
            [python, "app.py", "prepare"],
            cwd=MONOLITH, env=environment, stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        port = _free_port()
        served = ["-m", "gunicorn", "--worker-class", "gthread", "--workers", str(PROCESSES)]
        bound = ["--threads", str(THREADS), "--keep-alive", "75", "--bind", f"127.0.0.1:{port}"]
        command = [python, *served, *bound, "--log-level", "warning", "app:application"]
        group = stack.enter_context(_running(command, environment, MONOLITH))
        tokens = tuple(json.loads(made.stdout))
        peer = Peer(url=f"http://127.0.0.1:{port}", group=group, tokens=tokens)
        headers = {"Authorization": f"Token {tokens[0]}"}
        eventually(lambda: _answers(f"{peer.url}/users/settings/", headers))
        yield peer


@contextmanager
def nginx(service_url: str) -> Iterator[Peer | None]:
    """Run nginx before a service; None where it is not installed."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        print("nginx is not installed: no comparison with it", file=sys.stderr)
        yield None
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearth-nginx-")))
        port = _free_port()
        service = urlsplit(service_url).netloc
        text = _NGINX.format(folder=folder, port=port, service=service, processes=PROCESSES)
        (folder / "nginx.conf").write_text(text, encoding="utf-8")
        command = [program, "-c", str(folder / "nginx.conf"), "-p", str(folder)]
        group = stack.enter_context(_running(command, dict(os.environ), folder))
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: _answers(f"{url}/healthz", {}))
        yield Peer(url=url, group=group)


@contextmanager
def _running(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def _database() -> Iterator[str]:
    name = f"hearth_monolith_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlsplit(POSTGRESQL_URL)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _answers(url: str, headers: dict[str, str]) -> bool:
    try:
        return requests.get(url, headers=headers, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False
