"""Counting in several processes: the Prometheus library adds their numbers up through files."""

import os
import shutil
import sys
from pathlib import Path

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def share_metrics(folder: Path) -> None:
    """Start this program again with a fresh `folder` for the numbers of its worker processes; does
    nothing when it was started so. Called before anything else is opened.

    The library chooses between memory and files when it is imported, which a program that has come
    as far as reading its settings has long done. The numbers begin at nothing, as those of one
    process do.
    """
    if MULTIPROCESS_VARIABLE in os.environ:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[MULTIPROCESS_VARIABLE] = str(folder)
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - this program again, with its own arguments
