"""What the tests of running the platform share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.tests.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A folder to run launchers in; whatever still runs afterwards is killed."""
    project = Project(tmp_path)
    yield project
    project.end()
