"""A process the launcher forks is the one `python -m` would have been."""

import atexit
import json
import logging
import os
import signal
import sys
import time
import weakref
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from deploy.launcher.forked import ForkedModule, load_modules

SECONDS = 20.0
TELLS_ITSELF = """
import json, os, signal, sys
print(json.dumps({
    "name": __name__,
    "arguments": sys.argv[1:],
    "original": sys.orig_argv,
    "environment": dict(os.environ),
    "folder": os.getcwd(),
    "session": os.getsid(0) == os.getpid(),
    "input": sys.stdin.read(),
    "open": [each for each in range(64) if os.path.exists(f"/proc/self/fd/{each}")],
    "terminates": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
    "interrupts": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "ignores_stops": signal.getsignal(signal.SIGTSTP) == signal.SIG_IGN,
}))
"""
Runs = Callable[..., tuple[int, str]]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Run a module made of a text to its end; give exit code and output."""
    monkeypatch.syspath_prepend(tmp_path)

    def run(
        text: str,
        *arguments: str,
        environment: dict[str, str] | None = None,
        kill: int = 0,
        module: str = "",
    ) -> tuple[int, str]:
        name = module or f"forked_{len(list(tmp_path.iterdir()))}"
        if not module:
            (tmp_path / f"{name}.py").write_text(text)
        process = ForkedModule(name, arguments, environment or {}, lambda: None)
        if kill:
            os.kill(process.pid, kill)
        output = b""
        while piece := os.read(process.descriptor, 65536):
            output += piece
        deadline = time.monotonic() + SECONDS
        while (code := process.poll()) is None:
            assert time.monotonic() < deadline
        process.close()
        return code, output.decode()

    return run


def test_it_finds_arguments_environment_and_streams_as_a_program_does(runs: Runs) -> None:
    told: dict[str, Any] = json.loads(runs(TELLS_ITSELF, "web", environment={"PORT": "8001"})[1])
    module = told["original"][2]
    assert told["name"] == "__main__"
    assert told["arguments"] == ["web"]
    assert told["original"] == [sys.executable, "-m", module, "web"]
    assert told["environment"] == {"PORT": "8001"}
    assert told["folder"] == str(Path.cwd())
    assert told["session"]
    assert told["input"] == ""


def test_it_keeps_nothing_of_the_launcher_open_and_none_of_its_signals(
    runs: Runs, tmp_path: Path
) -> None:
    before = {
        number: signal.signal(number, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
    }
    before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    kept = (tmp_path / "kept").open("w")
    os.set_inheritable(kept.fileno(), True)
    try:
        told = json.loads(runs(TELLS_ITSELF)[1])
    finally:
        kept.close()
        for number, handler in before.items():
            signal.signal(number, handler)
    assert set(told["open"]) <= {0, 1, 2}
    assert told["terminates"]
    assert told["interrupts"]
    assert told["ignores_stops"]


def test_its_end_closes_nothing_that_has_a_descriptor_of_the_launchers_log(
    runs: Runs, tmp_path: Path
) -> None:
    handler = logging.FileHandler(tmp_path / "launcher.log")
    assert handler.stream is not None
    weakref.finalize(handler, lambda: None)  # as in the launcher: finalizers are last at the end
    text = f"""
import os, sys, weakref
class Kept: pass
sys.kept, wanted = Kept(), {handler.stream.fileno()}
while (opened := os.open("own.txt", os.O_CREAT | os.O_RDWR)) != wanted:
    assert opened < wanted
weakref.finalize(sys.kept, os.write, opened, b"still open")
"""
    try:
        assert runs(f"import os; os.chdir({str(tmp_path)!r})\n{text}") == (0, "")
    finally:
        handler.close()
    assert (tmp_path / "own.txt").read_text() == "still open"


@pytest.mark.parametrize(
    ("text", "code", "output"),
    [
        ("print('done')", 0, "done\n"),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('no port')", 1, "no port\n"),
        ("import sys; sys.exit()", 0, ""),
        ("raise SystemExit(None)", 0, ""),
        ("import atexit; atexit.register(print, 'last'); print('first')", 0, "first\nlast\n"),
        ("import os; os._exit(7)", 7, ""),
        (
            "import threading\n"
            "def work():\n"
            "    import time; time.sleep(0.2); print('worked', flush=True)\n"
            "threading.Thread(target=work).start()\n",
            0,
            "worked\n",
        ),
    ],
)
def test_it_ends_as_a_program_does(runs: Runs, text: str, code: int, output: str) -> None:
    assert runs(text) == (code, output)


def test_a_module_that_was_loaded_before_runs_anew_and_without_a_warning(
    runs: Runs, tmp_path: Path
) -> None:
    (tmp_path / "loaded").mkdir()
    (tmp_path / "loaded" / "__init__.py").touch()
    text = "import sys\nif __name__ == '__main__':\n    print(sys.argv[1:])\n"
    (tmp_path / "loaded" / "before.py").write_text(text)
    import_module("loaded.before")
    assert runs("", "once", module="loaded.before") == (0, "['once']\n")


def test_an_error_is_told_and_is_the_end(runs: Runs) -> None:
    code, output = runs("def fail():\n    raise ValueError('what')\nfail()\n")
    assert code == 1
    assert output.endswith("ValueError: what\n")


def test_what_the_launcher_does_at_its_end_is_left_to_it(runs: Runs, tmp_path: Path) -> None:
    with TemporaryDirectory(dir=tmp_path) as kept:
        atexit.register(print, "the launcher's")
        try:
            assert runs("print('own')") == (0, "own\n")
        finally:
            atexit.unregister(print)
        assert Path(kept).is_dir()
    text = (
        "import tempfile, sys; folder = tempfile.TemporaryDirectory(dir=sys.argv[1]);"
        "print(folder.name)"
    )
    code, output = runs(text, str(tmp_path))
    made = Path(output.splitlines()[0])
    assert (code, made.parent, made.exists()) == (0, tmp_path, False)


def test_a_killed_one_tells_the_signal(runs: Runs) -> None:
    assert runs("import time; time.sleep(60)", kill=signal.SIGKILL)[0] == -signal.SIGKILL


def test_chance_is_not_shared(runs: Runs) -> None:
    text = (
        "import random, secrets; from shared.events.envelope import new_event_id;"
        "print(random.random(), secrets.token_hex(8), new_event_id()[-12:])"
    )
    import random

    load_modules(["auth_service"])
    random.random()
    first, second = runs(text)[1].split(), runs(text)[1].split()
    assert not set(first) & set(second)


def test_numbers_of_several_processes_are_still_added_up(runs: Runs, tmp_path: Path) -> None:
    """Starting itself again, as that needs, is starting this program and not the launcher."""
    text = (
        "import os, sys; from pathlib import Path; from shared.metrics import share_metrics;"
        "share_metrics(Path(sys.argv[1]));"
        "from prometheus_client import values; print(values.ValueClass.__name__, sys.argv[1])"
    )
    environment = {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(Path.cwd())))}
    code, output = runs(text, str(tmp_path / "numbers"), environment=environment)
    assert (code, output) == (0, f"MmapedValue {tmp_path / 'numbers'}\n")
