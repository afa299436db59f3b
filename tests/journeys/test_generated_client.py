"""A client nobody wrote: openapi-python-client makes it of what the gateway says of itself, and it
walks the main job. No type, path or field here is written by hand.
"""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests

from tests.people import Place, Therapist, unique_email

PACKAGE = "generated_hearth"
BIN = Path(sys.executable).parent


class Generated:
    """The generated package: its operations and models by their names."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token: str | None = None

    def do(self, operation: str, *place: Any, **given: Any) -> Any:
        """Call an operation, `noun.name`; give its status and what was parsed."""
        module = self._module(f"api.{operation}")
        with self._client() as client:
            answer = module.sync_detailed(*place, client=client, **given)
        return answer.status_code, answer.parsed

    def make(self, model: str, **members: Any) -> Any:
        """Make one of the generated models."""
        return getattr(self._module("models"), model)(**members)

    def _client(self) -> Any:
        module = self._module("client")
        if self.token is None:
            return module.Client(base_url=self.url)
        return module.AuthenticatedClient(base_url=self.url, token=self.token)

    @staticmethod
    def _module(name: str) -> ModuleType:
        return importlib.import_module(f"{PACKAGE}.{name}")


@pytest.fixture
def generated(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Generated]:
    """A client made of the running platform's own description."""
    described = requests.get(f"{place.url}/openapi.json", timeout=30)
    assert described.status_code == 200, described.text
    document = tmp_path / "openapi.json"
    document.write_bytes(described.content)
    command = [
        *(str(BIN / "openapi-python-client"), "generate", "--path", str(document)),
        *("--output-path", str(tmp_path / PACKAGE), "--meta", "none", "--fail-on-warning"),
    ]
    environment = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(tmp_path)}  # it formats by ruff
    made = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Generated(place.url)
    for name in [each for each in sys.modules if each.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_a_generated_client_walks_the_main_job(
    generated: Generated, place: Place, therapist: Therapist
) -> None:
    sign_up(generated, place)
    _, page = generated.do("practitioners.list_slots", therapist.id)
    first, other = page.items[0].starts_at, page.items[-1].starts_at
    body = generated.make("BookAppointment", practitioner_id=therapist.id, starts_at=first)

    status, booked = generated.do("appointments.create_appointment", body=body)
    assert (status, booked.state.value, booked.starts_at) == (HTTPStatus.CREATED, "booked", first)

    somebody_else = Generated(place.url)
    sign_up(somebody_else, place)
    status, refused = somebody_else.do("appointments.create_appointment", body=body)
    assert (status, refused.code.value) == (HTTPStatus.CONFLICT, "slot_taken")
    assert refused.type_.endswith("/problems/slot_taken")

    elsewhere = generated.make("MoveAppointment", starts_at=other)
    status, moved = generated.do("appointments.create_reschedule", booked.id, body=elsewhere)
    assert (status, moved.starts_at) == (HTTPStatus.CREATED, other)

    words = generated.make("SendMessage", recipient_id=therapist.id, text="Good morning")
    status, message = generated.do("messages.create_message", body=words)
    assert (status, message.text) == (HTTPStatus.CREATED, "Good morning")
    _, messages = generated.do("conversations.list_messages", message.conversation_id)
    assert [each.id for each in messages.items] == [message.id]

    reason = generated.make("CancelAppointment", reason="a cold")
    status, cancelled = generated.do("appointments.create_cancellation", moved.id, body=reason)
    assert (status, cancelled.state.value) == (HTTPStatus.OK, "cancelled")
    _, kept = generated.do("appointments.read_appointment", moved.id)
    assert (kept.id, kept.state.value, kept.starts_at) == (moved.id, "cancelled", other)
    _, coming = generated.do("appointments.list_appointments")
    assert coming.items == []


def sign_up(generated: Generated, place: Place) -> None:
    """Register, prove the address and log in, by the generated client alone."""
    email, password = unique_email("olga"), "correct horse battery"
    person = {"email": email, "password": password}
    names = {"first_name": "Olga", "last_name": "Petrova"}
    status, begun = generated.do(
        "registrations.create_registration", body=generated.make("Registration", **person, **names)
    )
    assert status == HTTPStatus.ACCEPTED, begun
    proof = generated.make(
        "ProveAddress", email=email, code=place.code_to(email), secret=begun.secret
    )
    status, _ = generated.do("verifications.create_verification", body=proof)
    assert status == HTTPStatus.OK
    status, session = generated.do(
        "login_sessions.create_login_session", body=generated.make("LogIn", **person)
    )
    assert status == HTTPStatus.CREATED, session
    generated.token = session.access_token
