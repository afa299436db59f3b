"""A log file per process under `data/logs`, bounded: five megabytes and three older ones each."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAXIMUM_BYTES = 5_000_000
KEPT_OLDER_FILES = 3


class LogFile(RotatingFileHandler):
    """One process's log file. A full disk loses log lines, never a process."""

    def __init__(
        self, directory: Path, process: str, *, maximum_bytes: int = MAXIMUM_BYTES
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(
            directory / f"{process}.log",
            maxBytes=maximum_bytes,
            backupCount=KEPT_OLDER_FILES,
            encoding="utf-8",
            errors="replace",
            delay=True,
        )

    def write(self, line: str) -> None:
        """Add a line."""
        self.emit(logging.makeLogRecord({"msg": "%s", "args": (line,)}))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base's name
        """Drop what cannot be written."""

    def last_lines(self, count: int) -> list[str]:
        """Give the last lines of the present file."""
        try:
            text = Path(self.baseFilename).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return text.splitlines()[-count:]
