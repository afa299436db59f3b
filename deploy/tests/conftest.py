"""What the tests of running the platform share."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.tests.project import Project


@pytest.fixture(scope="session", autouse=True)
def _hang_ups_are_heard() -> Iterator[None]:
    """Let launchers inherit a SIGHUP that means something, also when the tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A folder to run launchers in; whatever still runs afterwards is killed."""
    project = Project(tmp_path)
    yield project
    project.end()
