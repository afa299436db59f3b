"""The lock of every package: which versions the images and a checkout install, with their hashes.

`python -m deploy.locks lock` compiles each `requirements.in` at the versions of `constraints.txt`;
`upgrade` first takes the newest versions into it. No registry address is written. `alone` proves
that each package runs with its own lock only, as its image does: every module is imported with
nothing else installed, then some of its tests run with the test tools beside the lock.
"""

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.environment import PACKAGES

CONSTRAINTS = Path("constraints.txt")
DEVELOPMENT = Path("requirements-dev.in")
SOURCES = (*(Path(package) / "requirements.in" for package in PACKAGES), DEVELOPMENT)
# At the versions of constraints.txt. The repository's pytest plugin imports the data part of the
# chassis, which the locks of gateway and portal do not hold.
TEST_TOOLS = (
    *("pytest", "pytest-socket", "pytest-timeout", "pytest-xdist"),
    *("aiosmtpd", "hypothesis", "openapi-spec-validator"),
    *("-r", "shared/requirements-data.in"),
)
# The variants on servers are for `make test`: they are left out, and nobody listens here. So are
# the long tables of who may do what.
_WITHOUT_SERVERS = ("-k", "not postgresql and not rabbitmq and not redis and not test_access")
_NOWHERE = "127.0.0.1:1"
_TEST_SERVERS = {
    "TEST_POSTGRESQL_URL": f"postgresql://postgres@{_NOWHERE}/postgres",
    "TEST_RABBITMQ_URL": f"amqp://{_NOWHERE}/",
    "TEST_REDIS_URL": f"redis://{_NOWHERE}/",
}
_UV = str(Path(sys.executable).with_name("uv"))
_IMPORT = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
_COMPILE = (
    *(_UV, "pip", "compile", "--quiet", "--universal"),
    *("--python-version", "3.11", "--no-header", "--no-emit-index-url", "--no-annotate"),
)
_PIN = re.compile(r"[A-Za-z0-9._-]+==\S+( ;.*)?")


def lock(source: Path, destination: Path) -> None:
    """Compile one `requirements.in` into a lock with hashes."""
    options = ("--generate-hashes", "--constraint", str(CONSTRAINTS))
    _compile(source, *options, "--output-file", str(destination))


def upgrade() -> None:
    """Write the newest versions that fit together into `constraints.txt`."""
    pins = _compile(DEVELOPMENT, "--upgrade", "--no-strip-markers").splitlines()
    CONSTRAINTS.write_text("".join(f"{pin}\n" for pin in pins if _PIN.fullmatch(pin)))


def run_alone(package: str) -> str:
    """Import and test a package in an environment of its own lock; give a line about it.

    Tests and `shared.testing` are not imported at first: images do not carry them.
    """
    with tempfile.TemporaryDirectory(prefix="hearth-lock-") as folder:
        python = str(Path(folder) / "bin" / "python")
        install = ("pip", "install", "--quiet", "--python", python)
        _run("venv", "--quiet", "--python", sys.executable, folder)
        _run(*install, "--no-deps", "--require-hashes", "-r", f"{package}/requirements.txt")
        _run("pip", "check", "--python", python)
        subprocess.run([python, "-c", _IMPORT, *_modules_of(package)], check=True, env={})
        _run(*install, "--constraint", str(CONSTRAINTS), *TEST_TOOLS)
        pytest = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-r", "fE"]
        environment = {"PATH": os.environ.get("PATH", os.defpath), **_TEST_SERVERS}
        command = [*pytest, *_WITHOUT_SERVERS, *tests_alone(package)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{package} with nothing but its own lock:\n{done.stdout}{done.stderr}")
    return f"{package} needs nothing but its own lock: {done.stdout.splitlines()[-1]}"


def tests_alone(package: str) -> tuple[str, ...]:
    """Give the tests that run with a package's own lock, on SQLite and the embedded bus: those that
    go through most of it and take some seconds.
    """
    if package == "gateway":
        return ("gateway/tests/test_http_contract.py", "gateway/tests/translations")
    if package == "portal":
        return ("portal/tests/pages",)
    return (f"{package}/tests/contracts", f"{package}/tests/listeners")


def _modules_of(package: str) -> list[str]:
    paths = sorted(Path(package).rglob("*.py"))
    kept = [path for path in paths if not {"tests", "migrations"} & set(path.parts)]
    return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in kept]


def main(task: str) -> None:
    """Do what the Makefile asks for."""
    if task == "alone":
        with ThreadPoolExecutor(max_workers=2) as pool:
            for line in pool.map(run_alone, PACKAGES):
                print(line, flush=True)
        return
    if task == "upgrade":
        upgrade()
    for source in SOURCES:
        lock(source, source.with_suffix(".txt"))
        print(f"locked {source.with_suffix('.txt')}")


def _compile(source: Path, *options: str) -> str:
    command = [*_COMPILE, *options, str(source)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _run(*arguments: str) -> None:
    subprocess.run([_UV, *arguments], check=True)


if __name__ == "__main__":
    main(sys.argv[1])
