"""Loading the demonstration people through a gateway, as staff and clients would enter them.

`python -m deploy.demo.load --url URL` may be run again at any time: what exists is found by its
e-mail address and written anew. Passwords are made here, kept in a file only its owner can read,
and saved before the first account is opened, so that an interrupted run loses none.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml

FOLDER = Path(__file__).parent
ADMIN_EMAIL = "admin@hearth.example"
_TIMEOUT_SECONDS = 30
_TRIES = 5
_LONGEST_WAIT_SECONDS = 60.0
_RECORD_FIELDS = (
    "information", "education", "therapy_types", "methods", "topics", "languages", "gender",
    "session_minutes", "price_minor_units", "currency", "time_zone",
)  # fmt: skip

Entry = Mapping[str, Any]


class LoadingFailed(Exception):
    """The gateway's answer does not let the loading go on; the message is one clear line."""


@dataclass(frozen=True, kw_only=True)
class Admin:
    """The staff account that opens the therapists' accounts."""

    email: str
    password: str


class Passwords:
    """The demo accounts' passwords in one file (mode 0600), kept from run to run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._people: dict[str, dict[str, str]] = {}
        if path.exists():
            self._people = {one["email"]: one for one in json.loads(path.read_text("utf-8"))}

    def of(self, email: str, role: str) -> str:
        """Give the person's password, making it when there is none yet."""
        made = {"email": email, "role": role, "password": secrets.token_urlsafe(15)}
        return self._people.setdefault(email, made)["password"]

    def save(self) -> None:
        """Write the file whole or not at all."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self._path.parent)  # mkstemp makes it 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(list(self._people.values()), file, indent=2)
        Path(temporary).replace(self._path)


class Gateway:
    """The clean API behind one URL, as one caller sees it."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._token = token

    def logged_in(self, email: str, password: str) -> "Gateway | None":
        """Give the gateway as that account sees it, or None when the password is not right."""
        body = {"email": email, "password": password}
        answer = self.send("POST", "/api/v1/login-sessions", body, expected={201, 401})
        if answer.status_code == 401:
            return None
        return Gateway(self._url, answer.json()["access_token"])

    def send(
        self, method: str, path: str, body: object = None, *, expected: set[int]
    ) -> requests.Response:
        """Send one request; wait and try again while the gateway asks for patience.

        Raises:
            LoadingFailed: another status than the expected, or no answer at all.
        """
        for _ in range(_TRIES):
            answer = self._send_once(method, path, body)
            if answer.status_code not in {429, 503} or answer.status_code in expected:
                break
            time.sleep(_wait_seconds(answer))
        if answer.status_code not in expected:
            message = f"{method} {path} answered {answer.status_code}: {answer.text[:500]}"
            raise LoadingFailed(message)
        return answer

    def _send_once(self, method: str, path: str, body: object) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            return requests.request(
                method, self._url + path, json=body, headers=headers, timeout=_TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            message = f"{method} {self._url}{path} got no answer: {type(error).__name__}"
            raise LoadingFailed(message) from error


def _wait_seconds(answer: requests.Response) -> float:
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked) if asked.isdecimal() else 1.0, _LONGEST_WAIT_SECONDS)


def entries(name: str) -> list[Entry]:
    """Read the people of `therapists` or `clients` from their file beside this module."""
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    found: list[Entry] = content[name]
    return found


def load(url: str, admin: Admin, passwords: Passwords) -> tuple[int, int]:
    """Write every therapist and client; give how many of each stand now.

    Raises:
        LoadingFailed: the gateway refused something or did not answer.
    """
    therapists, clients = entries("therapists"), entries("clients")
    for role, people in (("therapist", therapists), ("client", clients)):
        for person in people:
            passwords.of(person["email"], role)
    passwords.save()
    door = Gateway(url)
    staff = door.logged_in(admin.email, admin.password)
    if staff is None:
        message = f"{admin.email} cannot log in with the password given"
        raise LoadingFailed(message)
    for therapist in therapists:
        _write_therapist(staff, therapist, passwords)
    written = [_write_client(door, client, passwords) for client in clients]
    return len(therapists), sum(written)


def _write_therapist(staff: Gateway, therapist: Entry, passwords: Passwords) -> None:
    identifier = _therapist_account(staff, therapist, passwords)
    practitioner = f"/api/v1/practitioners/{identifier}"
    record = {field: therapist[field] for field in _RECORD_FIELDS}
    record["name"] = f"{therapist['first_name']} {therapist['last_name']}".strip()
    schedule = {
        "time_zone": therapist["time_zone"],
        "weekly_hours": therapist["weekly_hours"],
        "overrides": [],
        "absences": [],
    }
    staff.send("PUT", practitioner, record, expected={200, 201})
    staff.send("PUT", f"{practitioner}/schedule", schedule, expected={200})
    staff.send("PUT", f"{practitioner}/publication", expected={200})


def _therapist_account(staff: Gateway, therapist: Entry, passwords: Passwords) -> int:
    account = _account_fields(therapist, passwords, "therapist") | {"role": "therapist"}
    answer = staff.send("POST", "/api/v1/accounts", account, expected={201, 409})
    if answer.status_code == 201:
        identifier: int = answer.json()["id"]
        return identifier
    return _account_id(staff, therapist["email"])


def _account_id(staff: Gateway, email: str) -> int:
    """Find an account staff may see by its address, page by page."""
    page, seen = 1, 0
    while True:
        path = f"/api/v1/accounts?page={page}&per_page=100"
        answer = staff.send("GET", path, expected={200}).json()
        for account in answer["items"]:
            if account["email"] == email:
                identifier: int = account["id"]
                return identifier
        seen += len(answer["items"])
        if not answer["items"] or seen >= answer["total"]:
            message = f"{email} is taken by an account that staff cannot see"
            raise LoadingFailed(message)
        page += 1


def _write_client(door: Gateway, client: Entry, passwords: Passwords) -> bool:
    """Open the account and write what the client looks for; False when it is somebody else's."""
    account = _account_fields(client, passwords, "client")
    door.send("POST", "/api/v1/accounts", account, expected={201, 409})
    person = door.logged_in(client["email"], passwords.of(client["email"], "client"))
    if person is None:
        print(f"demo data: {client['email']} exists with another password and is left alone")
        return False
    profile = {"locale": client["locale"], "time_zone": client["time_zone"]}
    person.send("PATCH", "/api/v1/profiles/me", profile, expected={200})
    preferences = client["preferences"]
    person.send("PUT", "/api/v1/matching-preferences/me", preferences, expected={200, 201})
    return True


def _account_fields(person: Entry, passwords: Passwords, role: str) -> dict[str, str]:
    said = ("email", "first_name", "last_name", "locale", "time_zone")
    fields = {field: person[field] for field in said if field in person}
    return fields | {"password": passwords.of(person["email"], role)}


def own_admin(url: str, passwords: Passwords) -> Admin:
    """Give the demo platform's own admin, made by auth_service's command on the first run.

    Raises:
        LoadingFailed: the command failed; what it said stands above.
    """
    admin = Admin(email=ADMIN_EMAIL, password=passwords.of(ADMIN_EMAIL, "admin"))
    passwords.save()
    if Gateway(url).logged_in(admin.email, admin.password) is not None:
        return admin
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(admin.password)
        file.flush()
        arguments = ["create-admin", "--email", admin.email, "--password-file", file.name]
        command = [sys.executable, "-m", "auth_service", *arguments]
        if subprocess.run(command, check=False).returncode != 0:
            message = f"`auth_service create-admin` could not make {admin.email}"
            raise LoadingFailed(message)
    return admin


def given_admin(email: str, password_file: str) -> Admin:
    """Give the admin an operator named.

    Raises:
        LoadingFailed: nobody was named, or the password file cannot be read.
    """
    if not email or not password_file:
        message = "name an admin: ADMIN_EMAIL=… ADMIN_PASSWORD_FILE=…"
        raise LoadingFailed(message)
    try:
        password = Path(password_file).read_text(encoding="utf-8").strip()
    except OSError as error:
        message = f"{password_file} cannot be read: {error.strerror}"
        raise LoadingFailed(message) from error
    return Admin(email=email, password=password)


def main() -> int:
    """Read the arguments and load; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--accounts", type=Path, help="default: $DATA_DIR/demo-accounts.json")
    parser.add_argument("--create-admin", action="store_true", help="make the admin on this host")
    parser.add_argument("--admin-email", default="")
    parser.add_argument("--admin-password-file", default="")
    arguments = parser.parse_args()
    data = Path(os.environ.get("DATA_DIR") or "data")
    path = arguments.accounts or data / "demo-accounts.json"
    try:
        passwords = Passwords(path)
        admin = (
            own_admin(arguments.url, passwords)
            if arguments.create_admin
            else given_admin(arguments.admin_email, arguments.admin_password_file)
        )
        therapists, clients = load(arguments.url, admin, passwords)
    except LoadingFailed as error:
        print(f"demo data: {error}", file=sys.stderr)
        return 1
    print(f"demo data: {therapists} therapists, {clients} clients; passwords in {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
