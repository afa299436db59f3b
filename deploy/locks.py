"""The lock of every package: which versions the images and a checkout install, with their hashes.

`python -m deploy.locks lock` compiles each `requirements.in` at the versions of `constraints.txt`;
`upgrade` first takes the newest versions into it. No registry address is written. `alone` proves
that each package runs with its own lock only, as its image does.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.environment import PACKAGES

CONSTRAINTS = Path("constraints.txt")
DEVELOPMENT = Path("requirements-dev.in")
SOURCES = (*(Path(package) / "requirements.in" for package in PACKAGES), DEVELOPMENT)
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


def import_alone(package: str) -> None:
    """Import every module of a package in an environment that holds its own lock and nothing else.

    Tests and `shared.testing` are left out: images do not carry them.
    """
    with tempfile.TemporaryDirectory(prefix="hearth-lock-") as folder:
        python = str(Path(folder) / "bin" / "python")
        lock_file = f"{package}/requirements.txt"
        _run("venv", "--quiet", "--python", sys.executable, folder)
        _run("pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", lock_file)
        subprocess.run([python, "-c", _IMPORT, *_modules_of(package)], check=True, env={})


def _modules_of(package: str) -> list[str]:
    paths = sorted(Path(package).rglob("*.py"))
    kept = [path for path in paths if not {"tests", "migrations"} & set(path.parts)]
    return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in kept]


def main(task: str) -> None:
    """Do what the Makefile asks for."""
    if task == "alone":
        for package in PACKAGES:
            import_alone(package)
            print(f"{package} needs nothing but its own lock")
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
