"""`python -m tests.benchmarks.keep_alive`: 1,000 POSTs in bursts spaced around the keep-alive
limits; not one may be a 503.

The gateway drops an idle upstream connection after 30 s, a service closes one after 75 s: a burst
that comes just then must not meet a dying connection.
"""

import json
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conftest import place_of
from tests.people import MatchingClient
from tests.running_platform import RunningPlatform

BURST = 100
PAUSES_SECONDS = (29.0, 29.7, 29.9, 30.0, 30.1, 30.5, 74.5, 75.0, 75.2)


def main() -> int:
    """Run the bursts; the exit code is 1 when anything but 200 came back."""
    with tempfile.TemporaryDirectory(prefix="hearth-keep-alive-") as folder:
        platform = RunningPlatform(Path(folder))
        statuses: Counter[int] = Counter()
        try:
            platform.prepare()
            platform.start()
            place = place_of(platform)
            client = MatchingClient(place).register()

            def post(_number: int) -> int:
                body = {"session": client.session}
                return place.call("POST", "/client_lk", body).status_code

            with ThreadPoolExecutor(20) as pool:
                statuses.update(pool.map(post, range(BURST)))
                for seconds in PAUSES_SECONDS:
                    threading.Event().wait(seconds)
                    statuses.update(pool.map(post, range(BURST)))
        finally:
            platform.close()
    is_good = set(statuses) == {200}
    report = {"posts": sum(statuses.values()), "statuses": dict(statuses), "passed": is_good}
    print(json.dumps({**report, "at": time.strftime("%H:%M:%S")}))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
