"""A gateway of several processes, which Redis allows: an ended login session is refused by each of
them, and what they count is added up.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from prometheus_client.mmap_dict import MmapedDict

from shared.testing.ports import free_port
from shared.testing.waiting import eventually
from tests.conftest import place_of
from tests.people import MatchingClient
from tests.running_platform import RunningPlatform

pytestmark = pytest.mark.redis

WORKERS = 3


@pytest.fixture(scope="module")
def several_workers(running: RunningPlatform) -> Iterator[RunningPlatform]:
    metrics_port = free_port()
    more = {"WEB_WORKERS": str(WORKERS), "METRICS_PORT": str(metrics_port)}
    running.environment.update(more)
    running.restart("gateway")
    yield running
    for name in more:
        del running.environment[name]
    running.restart("gateway")


def _protected(platform: RunningPlatform, token: str) -> int:
    return place_of(platform).call("GET", "/protected", token=token).status_code


def _counted_by_process(platform: RunningPlatform, status: str) -> dict[str, float]:
    """Read what each worker process has counted of `GET /protected` answered so."""
    counted = {}
    for path in (platform.folder / "tmp" / "gateway.metrics").glob("counter_*.db"):
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(path)):
            if "hearth_gateway_requests_total" in key and f'"{status}"' in key and '"A8"' in key:
                counted[path.stem] = counted.get(path.stem, 0) + value
    return counted


def _ask_until_every_worker_answered(platform: RunningPlatform, token: str, status: int) -> None:
    """Ask in parallel on new connections; whichever worker is asked, it says the same."""

    def ask() -> bool:
        with ThreadPoolExecutor(12) as pool:
            said = set(pool.map(lambda _: _protected(platform, token), range(36)))
        if said != {status}:
            pytest.fail(f"{said} and not {status} alone")
        return len(_counted_by_process(platform, str(status))) == WORKERS

    assert eventually(ask, within_seconds=80)


def test_an_ended_login_session_is_refused_by_every_worker_and_after_a_restart(
    several_workers: RunningPlatform,
) -> None:
    token = MatchingClient(place_of(several_workers)).register().session
    _ask_until_every_worker_answered(several_workers, token, 200)
    assert place_of(several_workers).call("POST", "/logout", token=token).status_code == 200
    _ask_until_every_worker_answered(several_workers, token, 401)
    several_workers.restart("gateway")
    _ask_until_every_worker_answered(several_workers, token, 401)


def test_the_workers_numbers_are_added_up_whichever_is_asked(
    several_workers: RunningPlatform,
) -> None:
    token = MatchingClient(place_of(several_workers)).register().session
    port = several_workers.environment["METRICS_PORT"]

    def counted() -> int:
        page = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        legacy = 'hearth_gateway_legacy_requests_total{dialect="accounts",row="A8"'
        lines = [line for line in page.splitlines() if line.startswith(legacy)]
        return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines)

    before = counted()
    with ThreadPoolExecutor(12) as pool:
        said = set(pool.map(lambda _: _protected(several_workers, token), range(36)))
    assert said == {200}
    assert {counted() - before for _ in range(12)} == {36}
