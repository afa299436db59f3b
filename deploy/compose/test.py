"""`make compose-test`: the compose stack run for real, shaken, walked again, and taken down.

It uses a project, volumes, secrets and an admin of its own, so a stack that already runs here keeps
its data; only the two published ports must be free. Every step is printed; the first one that fails
ends the test with its output, and the containers' logs are kept in a file.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.compose.make_secrets import make_secrets
from shared.settings import SERVICES

ROOT = Path(__file__).parents[2]
GATEWAY_URL = "http://127.0.0.1:8000"
READY_URL = "http://127.0.0.1:8000/readyz"
MAILPIT_URL = "http://127.0.0.1:8025"
ADMIN_EMAIL = "admin@hearth.example"
READY_SECONDS = 120
LOG_FILE = ROOT / "data" / "logs" / "compose-test.log"
_PUBLISHED = {("gateway", "0.0.0.0", 8000), ("mailpit", "127.0.0.1", 8025)}  # noqa: S104
_STATUS = (
    "import os, urllib.request as web, urllib.error as errors\n"
    "url = 'http://127.0.0.1:' + os.environ['PORT'] + '/readyz'\n"
    "try: print(web.urlopen(url, timeout=4).read().decode())\n"
    "except errors.HTTPError as answer: print(answer.read().decode())\n"
)


class StepFailed(Exception):
    """A step of the test did not do what it must."""


class Stack:
    """The compose project of this test."""

    def __init__(self, secrets_directory: Path) -> None:
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "PORT"},
            "COMPOSE_PROFILES": "dev",
            "SECRETS_DIRECTORY": str(secrets_directory),
        }

    def compose(self, *arguments: str, given: str | None = None, seconds: float = 900) -> str:
        """Run `docker compose` on the project and give its output.

        Raises:
            StepFailed: it ended with an error.
        """
        files = ("-f", "docker-compose.yml", "-f", "deploy/compose/test.yml")
        return self._run(("docker", "compose", *files, *arguments), given, seconds)

    def up(self, *services: str) -> None:
        """Build, start and wait until healthy; everything, or only the services named."""
        alone = ("--no-deps",) if services else ("--build",)
        self.compose("up", "--detach", "--wait", "--wait-timeout", "300", *alone, *services)

    def migrate(self, service: str) -> None:
        """Run the one-shot migration of a service."""
        self.compose("run", "--rm", "--no-deps", "-T", f"{service}-migrate")

    def readiness(self, container: str) -> str:
        """Give the status word of a web process, asked from inside its container."""
        answer = self.compose("exec", "-T", container, "python", "-c", _STATUS)
        return str(json.loads(answer)["status"])

    def make_admin(self, password_file: Path) -> None:
        """Make the admin the journeys log in as."""
        script = (
            "umask 077; cat >/tmp/password; python -m auth_service create-admin"
            f" --email {ADMIN_EMAIL} --password-file /tmp/password; code=$?;"
            " rm -f /tmp/password; exit $code"
        )
        self.compose("exec", "-T", "auth-web", "sh", "-c", script, given=password_file.read_text())

    def published(self) -> set[tuple[str, str, int]]:
        """Give (service, address, port) of everything that is published."""
        lines = self.compose("ps", "--format", "json").splitlines()
        found = set()
        for container in (json.loads(line) for line in lines if line.startswith("{")):
            for publisher in container.get("Publishers") or ():
                if publisher["PublishedPort"]:
                    address = (publisher["URL"], publisher["PublishedPort"])
                    found.add((container["Service"], *address))
        return {one for one in found if ":" not in one[1]}

    def down(self) -> None:
        """Remove containers, networks and volumes."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")

    def keep_logs(self) -> Path:
        """Write what every container said to a file and give its path."""
        LOG_FILE.parent.mkdir(parents=True, exist_ok=True)
        LOG_FILE.write_text(self.compose("logs", "--no-color", "--timestamps"))
        return LOG_FILE

    def walk_journeys(self, password_file: Path) -> None:
        """Run the journeys against the stack."""
        command = (
            *(sys.executable, "-m", "pytest", "tests/journeys", "-q", "-p", "no:cacheprovider"),
            *("--platform-url", GATEWAY_URL, "--mailpit-url", MAILPIT_URL),
            *("--admin-email", ADMIN_EMAIL, "--admin-password-file", str(password_file)),
        )
        print(self._run(command, None, 1800).strip().splitlines()[-1])

    def _run(self, command: Sequence[str], given: str | None, seconds: float) -> str:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode != 0:
            message = f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-6000:]}"
            raise StepFailed(message)
        return done.stdout


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print what is done and how long it took."""
    print(f"… {name}", flush=True)
    began = time.monotonic()
    yield
    print(f"  done in {time.monotonic() - began:.0f} s", flush=True)


def wait_until_ready() -> None:
    """Ask the gateway until every service is ready."""
    deadline = time.monotonic() + READY_SECONDS
    last = "no answer"
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(READY_URL, timeout=5) as answer:
                last = answer.read().decode()
        except urllib.error.HTTPError as error:
            last = error.read().decode()
        except OSError as error:
            last = str(error)
        if last.startswith("{") and json.loads(last).get("status") == "ready":
            return
        time.sleep(0.5)
    message = f"the platform is not ready {READY_SECONDS} s after a restart: {last}"
    raise StepFailed(message)


def shake(stack: Stack) -> None:
    """Restart the broker, the database and every process of ours, one after the other."""
    ours = [f"{service}-{role}" for service in SERVICES for role in ("web", "worker")]
    for name in ("rabbitmq", "postgres", "redis", *ours, "portal", "gateway"):
        with step(f"restart {name}"):
            stack.compose("restart", "--no-deps", "--timeout", "15", name)
            wait_until_ready()


def start_each_alone(stack: Stack) -> None:
    """Start each service's image with nothing but its database."""
    stack.up("postgres")
    for service in SERVICES:
        with step(f"{service} alone with its database"):
            stack.migrate(service)
            stack.up(f"{service}-web")
            status = stack.readiness(f"{service}-web")
            if status not in {"ready", "degraded"}:
                message = f"{service}-web alone says {status}"
                raise StepFailed(message)
            stack.compose("rm", "--stop", "--force", f"{service}-web")


def run(stack: Stack, password_file: Path) -> None:
    """Do every step.

    Raises:
        StepFailed: one of them failed.
    """
    with step("build, migrate and start everything"):
        stack.up()
        wait_until_ready()
    with step("only the gateway and Mailpit's page are published"):
        if stack.published() != _PUBLISHED:
            message = f"published: {sorted(stack.published())}"
            raise StepFailed(message)
    with step("make an admin"):
        stack.make_admin(password_file)
    with step("walk the journeys"):
        stack.walk_journeys(password_file)
    shake(stack)
    with step("walk the journeys again"):
        stack.walk_journeys(password_file)
    with step("take everything down"):
        stack.down()
    start_each_alone(stack)


def main() -> int:
    """Run the test; give the exit code."""
    with tempfile.TemporaryDirectory(prefix="hearth-compose-") as folder:
        stack = Stack(Path(folder) / "secrets")
        make_secrets(Path(folder) / "secrets")
        password_file = Path(folder) / "admin-password"
        password_file.write_text(secrets.token_urlsafe(18))
        try:
            stack.compose("version")
            stack.compose("ls", "--quiet")
        except (StepFailed, FileNotFoundError) as error:
            print(f"no container engine with compose can be reached: {error}", file=sys.stderr)
            return 1
        try:
            run(stack, password_file)
        except (StepFailed, subprocess.TimeoutExpired) as error:
            print(f"FAILED: {error}\nthe containers' logs: {stack.keep_logs()}", file=sys.stderr)
            return 1
        finally:
            stack.down()
    print("compose-test: everything passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
