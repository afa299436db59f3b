"""Waiting for a web process's `/readyz`; run by the launcher as a process of its own.

`python -m deploy.launcher.readiness URL [--accept degraded]` ends with 0 once the answer is wanted,
and says every ten seconds what it still waits for.
"""

import argparse
import json
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


def wait_for(url: str, accepted: frozenset[str]) -> None:
    """Ask until the status word is one of `accepted`."""
    next_word_at = time.monotonic() + _WORD_EVERY_SECONDS
    while True:
        status, answer = readiness(url)
        if status in accepted:
            return
        if time.monotonic() >= next_word_at:
            next_word_at += _WORD_EVERY_SECONDS
            print(f"still waiting for {url}/readyz: {status}: {answer.strip()}", flush=True)
        time.sleep(_PAUSE_SECONDS)


def main() -> None:
    """Read the arguments and wait."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--accept", action="append", default=["ready"])
    arguments = parser.parse_args()
    wait_for(arguments.url.rstrip("/"), frozenset(arguments.accept))


if __name__ == "__main__":
    main()
