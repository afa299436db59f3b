"""The README's journeys, pasted as they stand, on a platform with another port and data folder."""

import json
import os
import re
import subprocess

import pytest

from tests.conftest import place_of
from tests.people import Place, open_therapist
from tests.running_platform import ROOT, RunningPlatform

BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pasted(**environment: str) -> subprocess.CompletedProcess[str]:
    """Paste every block into one shell, as a reader does."""
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(blocks) == 5
    return subprocess.run(
        ["bash"],
        input="\n".join(blocks),
        cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={"PATH": os.environ["PATH"], **environment},
    )  # fmt: skip


@pytest.mark.embedded
def test_the_journeys_take_port_and_folder_from_the_environment(running: RunningPlatform) -> None:
    place = place_of(running)
    open_therapist(place)
    take_strict_ones_off(place)
    done = pasted(PORT=str(running.port), DATA_DIR=str(running.folder))
    assert (done.returncode, done.stderr) == (0, "")
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(("{", "["))]
    assert {
        "status": False,
        "session": "",
        "error": "login error: incorrect email/password",
    } in said
    assert {"status": False, "error": "This time is not available"} in said
    profiles = [each for each in said if isinstance(each, dict) and "progress" in each]
    assert profiles[0]["email"].startswith("lena.")
    checked = said.index({"message": "Token is valid"})
    assert said[checked : checked + 3] == [
        {"message": "Token is valid"},
        {"message": "Logout successful"},
        {"error": "Invalid or expired token"},
    ]
    proved, taken, message, cancelled = said[checked + 3 :]
    assert proved["purpose"] == "sign_up"
    assert "is_password_needed" not in proved
    assert taken["status"] == 409
    assert message["text"] == "Good morning"
    assert cancelled["state"] == "cancelled"
    told = [line for line in done.stdout.splitlines() if line.startswith("event: ")]
    assert {"event: appointment", "event: notification", "event: message"} <= set(told)
    assert ".eml" in done.stdout


@pytest.mark.embedded
def test_a_step_that_fails_prints_what_the_server_said(running: RunningPlatform) -> None:
    done = pasted(PORT="1", DATA_DIR=str(running.folder / "nowhere"))
    assert "Traceback" not in done.stdout + done.stderr
    assert """no ["session"], the server said: nothing""" in done.stderr


def take_strict_ones_off(place: Place) -> None:
    """Take those off the list whose hours nobody moves at short notice: other tests opened them."""
    token = place.admin_token()
    for each in place.call("GET", "/api/v1/practitioners?limit=100").json()["items"]:
        if each["settings"]["hard_limit_minutes"]:
            path = f"/api/v1/practitioners/{each['id']}/publication"
            assert place.call("DELETE", path, token=token).status_code == 200
