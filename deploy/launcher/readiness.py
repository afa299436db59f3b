"""Waiting for a web process's `/readyz`; run by the launcher as a process of its own.

`python -m deploy.launcher.readiness URL [--accept degraded] [--at-most SECONDS]` ends with 0 once
the answer is wanted, with 1 after so many seconds, and says every ten what it still waits for.
"""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request

_PAUSE_SECONDS = 0.2
_WORD_EVERY_SECONDS = 10.0


def readiness(url: str) -> tuple[str, str]:
    """Ask `/readyz` and give its status word and the whole answer, or why there is none."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:  # noqa: S310 - our own
            body = answer.read(65_536).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return "not ready", error.read(65_536).decode("utf-8", "replace")
    except OSError as error:
        return "no answer", str(error)
    try:
        return str(json.loads(body)["status"]), body
    except (ValueError, KeyError, TypeError):
        return "unreadable answer", body


def wait_for(url: str, accepted: frozenset[str], at_most_seconds: float | None) -> bool:
    """Ask until the status word is one of `accepted`; False when that takes too long."""
    began_at = time.monotonic()
    next_word_at = began_at + _WORD_EVERY_SECONDS
    while True:
        status, answer = readiness(url)
        if status in accepted:
            return True
        now = time.monotonic()
        if at_most_seconds is not None and now >= began_at + at_most_seconds:
            return False
        if now >= next_word_at:
            next_word_at += _WORD_EVERY_SECONDS
            print(f"still waiting for {url}/readyz: {status}: {answer.strip()}", flush=True)
        time.sleep(_PAUSE_SECONDS)


def main() -> int:
    """Read the arguments and wait; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--accept", action="append", default=["ready"])
    parser.add_argument("--at-most", type=float, metavar="SECONDS")
    arguments = parser.parse_args()
    accepted = frozenset(arguments.accept)
    return 0 if wait_for(arguments.url.rstrip("/"), accepted, arguments.at_most) else 1


if __name__ == "__main__":
    sys.exit(main())
