"""Loading the demonstration people through a gateway, as staff and clients would enter them.

`python -m deploy.demo.load --url URL` may be run again at any time: whoever has an account already
is left as they are, and what an interrupted run began is finished. Passwords are made here and kept
in a file only its owner can read, each saved before its account is opened, so that none is lost;
that of an account somebody else had opened is not kept. Therapists are invited as everywhere: where
their mails can be read (`--mailbox`, a folder or the URL of Mailpit), the invitation is accepted
for them; otherwise it waits in their mailbox, and they have no password yet.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml

from deploy.demo.mailboxes import Mailbox, UnreadableMailbox, mailbox_at
from deploy.launcher.refusals import BadSetting
from deploy.launcher.settings import given

FOLDER = Path(__file__).parent
ADMIN_EMAIL = "admin@hearth.example"
_TIMEOUT_SECONDS = 30
_TRIES = 5
_LONGEST_WAIT_SECONDS = 60.0
_AT_ONCE = 4
_MAIL_SECONDS = 90.0
_LOOK_SECONDS = 0.2
_RECORD_FIELDS = (
    "information", "education", "therapy_types", "methods", "topics", "languages", "gender",
    "session_minutes", "price_minor_units", "currency", "time_zone",
)  # fmt: skip

Entry = Mapping[str, Any]


class LoadingFailed(Exception):
    """The gateway's answer does not let the loading go on; the message is one clear line."""


@dataclass(frozen=True, kw_only=True)
class Admin:
    """The staff account that opens the accounts."""

    email: str
    password: str


class Accounts:
    """The accounts opened here and their passwords, in one file (mode 0600) kept from run to run.

    An entry is marked `unfinished` from before the account is opened until all of it is written.
    Threads may share it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries: dict[str, dict[str, Any]] = {}
        if path.exists():
            self._entries = {one["email"]: one for one in json.loads(path.read_text("utf-8"))}

    def password_of(self, email: str, role: str) -> str:
        """Give the account's password; one made now is saved, marked unfinished, at once."""
        with self._lock:
            if email not in self._entries:
                password = secrets.token_urlsafe(15)
                entry = {"email": email, "role": role, "password": password, "unfinished": True}
                self._entries[email] = entry
                self._save()
            return str(self._entries[email]["password"])

    def is_unfinished(self, email: str) -> bool:
        """Tell whether something of the account may still have to be written."""
        return bool(self._entries[email].get("unfinished"))

    def begin(self, email: str) -> None:
        """Note that the account has been opened and the rest of it has not been written."""
        with self._lock:
            if not self.is_unfinished(email):
                self._entries[email]["unfinished"] = True
                self._save()

    def finish(self, email: str) -> None:
        """Note that all of the account is written."""
        with self._lock:
            if self._entries[email].pop("unfinished", False):
                self._save()

    def forget(self, email: str) -> None:
        """Drop a password that turned out to be nobody's."""
        with self._lock:
            del self._entries[email]
            self._save()

    def _save(self) -> None:
        """Write the file whole or not at all; without an entry there is none."""
        if not self._entries:
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self._path.parent)  # mkstemp makes it 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(list(self._entries.values()), file, indent=2)
        Path(temporary).replace(self._path)


@dataclass(kw_only=True)
class Outcome:
    """How many people were written now and how many stood already, by role."""

    written: Counter[str] = field(default_factory=Counter)
    left_alone: Counter[str] = field(default_factory=Counter)
    are_mails_read: bool = True

    def note(self, role: str, are_written: Iterable[bool]) -> None:
        """Count each person of a role."""
        for is_written in are_written:
            (self.written if is_written else self.left_alone)[role] += 1

    def in_words(self, path: Path) -> str:
        """Say what was done in one line; only passwords of accounts opened now are promised."""
        said = []
        if self.written:
            said.append(f"{_counted(self.written)} written, passwords in {path}")
        if self.written["therapist"] and not self.are_mails_read:
            said.append("the therapists' invitations are mailed and wait to be accepted")
        if self.left_alone:
            said.append(f"{_counted(self.left_alone)} there already and left as they are")
        return "; ".join(said)


def _counted(people: Counter[str]) -> str:
    return ", ".join(f"{count} {role}s" for role, count in people.items())


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


def load(url: str, admin: Admin, accounts: Accounts, mailbox: Mailbox | None) -> Outcome:
    """Write every therapist and client who has no account yet; without a mailbox the therapists'
    invitations wait.

    Raises:
        LoadingFailed: the gateway refused something or did not answer.
    """
    door = Gateway(url)
    staff = door.logged_in(admin.email, admin.password)
    if staff is None:
        message = f"{admin.email} cannot log in with the password given"
        raise LoadingFailed(message)
    outcome = Outcome(are_mails_read=mailbox is not None)

    def write_therapist(therapist: Entry) -> bool:
        identifier = _invited(staff, therapist, accounts, mailbox)
        if identifier is not None:
            _write_therapist(staff, identifier, therapist)
            done = accounts.finish if mailbox is not None else accounts.forget
            done(therapist["email"])
        return identifier is not None

    def write_client(client: Entry) -> bool:
        identifier = _opened(staff, client, accounts)
        if identifier is not None:
            _write_client(door, client, accounts.password_of(client["email"], "client"))
            accounts.finish(client["email"])
        return identifier is not None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcome.note("therapist", pool.map(write_therapist, entries("therapists")))
        outcome.note("client", pool.map(write_client, entries("clients")))
    return outcome


def _opened(staff: Gateway, client: Entry, accounts: Accounts) -> int | None:
    """Open a client's account, or take up the one an interrupted run opened; give its identifier,
    or None when somebody else had opened it or all of it was written before.
    """
    email = client["email"]
    password = accounts.password_of(email, "client")
    body = _said(client) | {"password": password, "role": "client"}
    answer = staff.send("POST", "/api/v1/accounts", body, expected={201, 409})
    if answer.status_code == 201:
        accounts.begin(email)
        return int(answer.json()["id"])
    if not accounts.is_unfinished(email):
        return None
    return _own_identifier(staff, email, password, accounts)


def _invited(
    staff: Gateway, therapist: Entry, accounts: Accounts, mailbox: Mailbox | None
) -> int | None:
    """Open a therapist's account and accept the invitation where it can be read, or take up what an
    interrupted run began; otherwise as `_opened`.
    """
    email = therapist["email"]
    password = accounts.password_of(email, "therapist")
    body = _said(therapist) | {"role": "therapist"}
    answer = staff.send("POST", "/api/v1/accounts", body, expected={201, 409})
    is_new = answer.status_code == 201
    if is_new:
        accounts.begin(email)
    elif not accounts.is_unfinished(email):
        return None
    if mailbox is None and is_new:
        return int(answer.json()["id"])
    if mailbox is not None and staff.logged_in(email, password) is None:
        _accept_invitation(staff, email, password, mailbox, is_awaited=is_new)
    return _own_identifier(staff, email, password, accounts)


def _said(person: Entry) -> dict[str, Any]:
    names = ("email", "first_name", "last_name", "locale", "time_zone")
    return {name: person[name] for name in names if name in person}


def _own_identifier(door: Gateway, email: str, password: str, accounts: Accounts) -> int | None:
    """Give the identifier of the account the password opens; one that opens nothing is dropped."""
    owner = door.logged_in(email, password)
    if owner is None:
        accounts.forget(email)
        return None
    return int(owner.send("GET", "/api/v1/accounts/me", expected={200}).json()["id"])


def _accept_invitation(
    door: Gateway, email: str, password: str, mailbox: Mailbox, *, is_awaited: bool
) -> None:
    """Set the password with the mailed link, once it has come; an older link may be worth nothing.

    Raises:
        LoadingFailed: the mail has not come in time.
    """
    latest = time.monotonic() + (_MAIL_SECONDS if is_awaited else 0)
    token = mailbox.invitation_token(email)
    while token is None and time.monotonic() < latest:
        time.sleep(_LOOK_SECONDS)
        token = mailbox.invitation_token(email)
    if token is None and is_awaited:
        message = f"no invitation has come to {email} within {_MAIL_SECONDS:.0f} s"
        raise LoadingFailed(message)
    if token is not None:
        body = {"token": token, "password": password}
        door.send("POST", "/api/v1/invitations/acceptance", body, expected={200, 422})


def _write_therapist(staff: Gateway, identifier: int, therapist: Entry) -> None:
    practitioner = f"/api/v1/practitioners/{identifier}"
    record = {name: therapist[name] for name in _RECORD_FIELDS}
    record["name"] = f"{therapist['first_name']} {therapist['last_name']}".strip()
    schedule = {
        "time_zone": therapist["time_zone"],
        "weekly_hours": therapist["weekly_hours"],
        "overrides": [],
        "absences": [],
    }
    # 428: a run that was interrupted has written it already
    staff.send("PUT", practitioner, record, expected={200, 201, 428})
    staff.send("PUT", f"{practitioner}/schedule", schedule, expected={200, 428})
    staff.send("PUT", f"{practitioner}/publication", expected={200})


def _write_client(door: Gateway, client: Entry, password: str) -> None:
    """Write what the client looks for."""
    owner = door.logged_in(client["email"], password)
    if owner is None:
        message = f"{client['email']} cannot log in with the password just given"
        raise LoadingFailed(message)
    profile = {"locale": client["locale"], "time_zone": client["time_zone"]}
    owner.send("PATCH", "/api/v1/profiles/me", profile, expected={200})
    preferences = client["preferences"]
    owner.send("PUT", "/api/v1/matching-preferences/me", preferences, expected={200, 201})


def own_admin(url: str, accounts: Accounts) -> Admin:
    """Give the demo platform's own admin, made by auth_service's command on the first run.

    Raises:
        LoadingFailed: the command failed and said why above, or the address has another password.
    """
    admin = Admin(email=ADMIN_EMAIL, password=accounts.password_of(ADMIN_EMAIL, "admin"))
    door = Gateway(url)
    if door.logged_in(admin.email, admin.password) is None:
        _make_admin(admin)
        if door.logged_in(admin.email, admin.password) is None:
            if accounts.is_unfinished(admin.email):
                accounts.forget(admin.email)
            message = f"{admin.email} stands with another password; name an admin: ADMIN_EMAIL=…"
            raise LoadingFailed(message)
    accounts.finish(admin.email)
    return admin


def _make_admin(admin: Admin) -> None:
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(admin.password)
        file.flush()
        arguments = ["create-admin", "--email", admin.email, "--password-file", file.name]
        command = [sys.executable, "-m", "auth_service", *arguments]
        if subprocess.run(command, check=False).returncode != 0:
            message = f"`auth_service create-admin` could not make {admin.email}"
            raise LoadingFailed(message)


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
    parser.add_argument(
        "--mailbox", help="where mails can be read: a folder or Mailpit's URL; $DATA_DIR/mailbox"
    )
    parser.add_argument("--create-admin", action="store_true", help="make the admin on this host")
    parser.add_argument("--admin-email", default="")
    parser.add_argument("--admin-password-file", default="")
    arguments = parser.parse_args()
    try:
        path = arguments.accounts or _data_folder() / "demo-accounts.json"
        accounts = Accounts(path)
        admin = (
            own_admin(arguments.url, accounts)
            if arguments.create_admin
            else given_admin(arguments.admin_email, arguments.admin_password_file)
        )
        mailbox = mailbox_at(arguments.mailbox or _mails_here())
        outcome = load(arguments.url, admin, accounts, mailbox)
    except (LoadingFailed, UnreadableMailbox, BadSetting) as error:
        print(f"demo data: {error}", file=sys.stderr)
        return 1
    print(f"demo data: {outcome.in_words(path)}")
    return 0


def _mails_here() -> str:
    """Give the folder a platform of this data folder writes its mails to, where there is one."""
    folder = _data_folder() / "mailbox"
    return str(folder) if folder.is_dir() else ""


def _data_folder() -> Path:
    return Path(given(os.environ, "DATA_DIR") or "data")


if __name__ == "__main__":
    sys.exit(main())
