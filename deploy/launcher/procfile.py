"""The one list of process commands, read from the Procfile.

`make run`, compose, the tests and the drills all start what stands there. A line is
`<name>: python -m <package> <role>`; comments and blank lines are skipped.
"""

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.launcher.refusals import BadSetting

_LINE = re.compile(r"(?P<name>[a-z][a-z0-9-]*):\s*python -m (?P<package>[a-z_]+) (?P<role>[a-z]+)")


@dataclass(frozen=True, kw_only=True)
class ProcessCommand:
    """One process of the platform, `python -m <package> <role>`."""

    name: str
    package: str
    role: str

    @property
    def service(self) -> str:
        """Give the package's short name: `booking` for `booking_service`, `gateway` for itself."""
        return self.package.removesuffix("_service")

    @property
    def arguments(self) -> tuple[str, ...]:
        """Give the command as an argument list that runs under this interpreter."""
        return python_module(self.package, self.role)


def python_module(module: str, *arguments: str) -> tuple[str, ...]:
    """Give `python -m <module> <arguments>` under this interpreter."""
    return (sys.executable, "-m", module, *arguments)


def read_procfile(path: Path) -> tuple[ProcessCommand, ...]:
    """Read the processes in the order of the file.

    Raises:
        BadSetting: the file is missing, or a line is not `<name>: python -m <package> <role>`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise BadSetting(message) from error
    lines = [line.strip() for line in text.splitlines()]
    commands = tuple(_process(path, line) for line in lines if line and not line.startswith("#"))
    if len({command.name for command in commands}) != len(commands):
        message = f"{path} names a process twice"
        raise BadSetting(message)
    return commands


def _process(path: Path, line: str) -> ProcessCommand:
    found = _LINE.fullmatch(" ".join(shlex.split(line)))
    if found is None:
        message = f"{path}: `{line}` is not `<name>: python -m <package> <role>`"
        raise BadSetting(message)
    return ProcessCommand(**found.groupdict())
