"""Modules define; factories act: importing everything with an empty environment does nothing
else.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "shared", "gateway", "auth_service", "profile_service", "booking_service", "chat_service",
    "notification_service", "portal",
)  # fmt: skip

# Runs in a process of its own: no environment, no network, no new thread, no file written.
PROBE = """
import importlib, os, socket, sys, threading
os.environ.clear()
def refuse(*_, **__):
    raise AssertionError("network on import")
socket.socket.connect = refuse
before = set(os.listdir("."))
for name in sys.argv[1:]:
    importlib.import_module(name)
import logging
assert threading.active_count() == 1, threading.enumerate()
assert not logging.getLogger().handlers, "a logger was configured on import"
assert set(os.listdir(".")) == before, set(os.listdir(".")) - before
import structlog
assert not structlog.is_configured(), "structlog was configured on import"
print(len(sys.argv) - 1)
"""


def _modules() -> list[str]:
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "tests" in parts or "migrations" in parts or parts[1:2] == ("testing",):
                continue
            if parts[-1] == "__main__":
                continue
            found.append(".".join(parts).removesuffix(".__init__"))
    return found


def test_importing_every_module_with_an_empty_environment_has_no_side_effect(
    tmp_path: Path,
) -> None:
    modules = _modules()
    assert len(modules) > 150, "the list was really collected"
    done = subprocess.run(
        [sys.executable, "-B", "-c", PROBE, *modules],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(len(modules))
