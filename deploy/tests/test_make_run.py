"""`make run` as a newcomer sees it: the real platform under the launcher, with its demo people."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from deploy.demo.load import FOLDER
from deploy.environment import SERVICES
from deploy.tests.project import REPOSITORY, wait_until
from shared.testing.ports import free_ports

READY_SECONDS = 100
STOP_SECONDS = 10


class Newcomer:
    """A person with a data folder of their own, who starts, looks and stops."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = free_ports(7)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PORT": str(self.port),
            "DATA_DIR": str(self.data),
        }
        self.launcher: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.output.write_text("")
        with self.output.open("a") as output:
            self.launcher = subprocess.Popen(
                [sys.executable, "-m", "deploy.launcher"],
                cwd=REPOSITORY,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
                start_new_session=True,
            )
        self.wait_for("ready: ")

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def wait_for(self, words: str) -> None:
        def is_said() -> bool:
            assert self.launcher is not None
            assert self.launcher.poll() is None, self.output.read_text()
            return words in self.output.read_text()

        wait_until(is_said, READY_SECONDS)

    def stop(self) -> int:
        assert self.launcher is not None
        self.launcher.send_signal(signal.SIGINT)
        return self.launcher.wait(timeout=STOP_SECONDS)

    def load_again(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.demo.load", "--url", self.url]
        return subprocess.run(
            [*command, *(arguments or ("--create-admin",))],
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def accounts(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(
            (self.data / "demo-accounts.json").read_text("utf-8")
        )
        return found

    def log_in(self, account: dict[str, str]) -> str:
        body = {"email": account["email"], "password": account["password"]}
        answers: list[requests.Response] = []

        def is_answered() -> bool:
            """Come back as long as a busy platform says 503, as Retry-After asks."""
            answers.append(
                requests.post(f"{self.url}/api/v1/login-sessions", json=body, timeout=15)
            )
            return answers[-1].status_code != 503

        wait_until(is_answered)
        answer = answers[-1]
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["access_token"]
        return token

    def get(self, path: str, token: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(self.url + path, headers=headers, timeout=15)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def put(self, path: str, body: object, token: str) -> None:
        """Write over whatever stands there."""
        headers = {"Authorization": f"Bearer {token}", "If-Match": "*"}
        answer = requests.put(self.url + path, json=body, headers=headers, timeout=15)
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    newcomer = Newcomer(tmp_path_factory.mktemp("newcomer"))
    newcomer.start()
    yield newcomer
    if newcomer.launcher is not None and newcomer.launcher.poll() is None:
        newcomer.launcher.kill()
        newcomer.launcher.wait()


def people(kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((FOLDER / f"{kind}.yaml").read_text("utf-8"))[kind]
    return found


def test_every_therapist_is_listed_with_free_hours(newcomer: Newcomer) -> None:
    client = next(one for one in newcomer.accounts() if one["role"] == "client")
    token = newcomer.log_in(client)

    listed = newcomer.get("/api/v1/practitioners?limit=100", token)

    assert len(listed["items"]) == len(people("therapists"))
    assert listed["next"] is None
    for practitioner in listed["items"]:
        slots = newcomer.get(f"/api/v1/practitioners/{practitioner['id']}/slots", token)
        assert slots["items"], practitioner["name"]


def test_every_worker_gives_the_sign_of_life_that_compose_looks_for(newcomer: Newcomer) -> None:
    wanted = {f"{package}.worker" for package in SERVICES}

    wait_until(lambda: {path.name for path in (newcomer.data / "tmp").glob("*.worker")} == wanted)


def test_every_client_has_said_what_they_look_for(newcomer: Newcomer) -> None:
    clients = [one for one in newcomer.accounts() if one["role"] == "client"]
    assert len(clients) == len(people("clients"))
    for client in clients:
        wanted = newcomer.get("/api/v1/matching-preferences/me", newcomer.log_in(client))
        (person,) = [one for one in people("clients") if one["email"] == client["email"]]
        assert {name: wanted[name] for name in person["preferences"]} == person["preferences"]


def test_the_passwords_are_generated_and_readable_by_their_owner_only(newcomer: Newcomer) -> None:
    accounts = newcomer.accounts()

    assert (newcomer.data / "demo-accounts.json").stat().st_mode & 0o777 == 0o600
    assert len({one["password"] for one in accounts}) == len(accounts)
    assert {one["role"] for one in accounts} == {"admin", "therapist", "client"}


def test_ready_is_said_when_the_therapists_are_there(newcomer: Newcomer) -> None:
    said = newcomer.output.read_text()

    assert said.index("demo data: 16 therapists, 3 clients written") < said.index("ready: ")


def test_a_normal_start_shows_no_warning(newcomer: Newcomer) -> None:
    assert "warning" not in newcomer.output.read_text().split("ready: ")[0]


def test_the_printed_command_makes_an_admin(newcomer: Newcomer, tmp_path: Path) -> None:
    (line,) = [one for one in newcomer.output.read_text().splitlines() if "make admin " in one]
    pasted = line[line.index("make admin ") :]
    password_file = tmp_path / "the-password"
    password_file.write_text("a long password of an admin")

    done = subprocess.run(
        ["/bin/sh", "-c", pasted.replace("password.txt", str(password_file))],
        cwd=REPOSITORY,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "was made" in done.stdout
    newcomer.log_in({"email": "you@example.org", "password": password_file.read_text()})


def test_loading_again_changes_nothing(newcomer: Newcomer) -> None:
    before = newcomer.accounts()

    again = newcomer.load_again()

    assert again.returncode == 0, again.stderr
    assert (
        again.stdout == "demo data: 16 therapists, 3 clients there already and left as they are\n"
    )
    assert newcomer.accounts() == before


def test_loading_again_keeps_what_was_entered_since(newcomer: Newcomer) -> None:
    person, *_ = [one for one in newcomer.accounts() if one["role"] == "therapist"]
    token = newcomer.log_in(person)
    identifier = newcomer.get("/api/v1/accounts/me", token)["id"]
    path = f"/api/v1/practitioners/{identifier}/schedule"
    schedule = newcomer.get(path, token)
    away = {"starts_at": "2031-07-01T00:00:00Z", "ends_at": "2031-07-08T00:00:00Z"}
    wanted = {name: schedule[name] for name in ("time_zone", "weekly_hours", "overrides")}
    newcomer.put(path, wanted | {"absences": [away]}, token)
    entered = newcomer.get(path, token)
    assert entered["absences"]

    newcomer.load_again()

    assert newcomer.get(path, token) == entered


def test_passwords_of_accounts_others_opened_are_not_claimed(
    newcomer: Newcomer, tmp_path: Path
) -> None:
    (admin,) = [one for one in newcomer.accounts() if one["role"] == "admin"]
    password_file = tmp_path / "admin-password"
    password_file.write_text(admin["password"])
    accounts = tmp_path / "accounts.json"

    loaded = newcomer.load_again(
        *("--accounts", str(accounts), "--admin-email", admin["email"]),
        *("--admin-password-file", str(password_file)),
    )

    assert loaded.returncode == 0, loaded.stderr
    assert "passwords" not in loaded.stdout
    assert "left as they are" in loaded.stdout
    assert not accounts.exists()


def test_an_interrupted_loading_is_finished(newcomer: Newcomer) -> None:
    before = newcomer.accounts()
    person, *_ = [one for one in before if one["role"] == "therapist"]
    (admin,) = [one for one in before if one["role"] == "admin"]
    token = newcomer.log_in(person)
    identifier = newcomer.get("/api/v1/accounts/me", token)["id"]
    publication = f"{newcomer.url}/api/v1/practitioners/{identifier}/publication"
    headers = {"Authorization": f"Bearer {newcomer.log_in(admin)}"}
    assert requests.delete(publication, headers=headers, timeout=15).status_code == 200
    begun = [one | ({"unfinished": True} if one == person else {}) for one in before]
    (newcomer.data / "demo-accounts.json").write_text(json.dumps(begun))

    again = newcomer.load_again()

    assert again.stdout.startswith("demo data: 1 therapists written, passwords in ")
    assert newcomer.accounts() == before
    assert len(newcomer.get("/api/v1/practitioners?limit=100", token)["items"]) == 16


def test_loading_without_an_admin_is_one_clear_line(newcomer: Newcomer) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "deploy.demo.load", "--url", newcomer.url],
        cwd=REPOSITORY,
        env=newcomer.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert "ADMIN_EMAIL" in line


def test_it_stops_in_time_and_the_second_start_finds_the_data(newcomer: Newcomer) -> None:
    before = newcomer.accounts()

    assert newcomer.stop() == 0
    newcomer.start()

    assert "demo data: " not in newcomer.output.read_text()
    admin = next(one for one in before if one["role"] == "admin")
    listed = newcomer.get("/api/v1/accounts?limit=100", newcomer.log_in(admin))
    assert {one["email"] for one in before} <= {one["email"] for one in listed["items"]}
    assert newcomer.stop() == 0
