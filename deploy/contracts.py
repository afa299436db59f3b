"""The OpenAPI snapshots of the five services, the one the gateway merges from them, and the pages
of legacy URLs and contracts, written from the code.

`python -m deploy.contracts` rewrites them; a test proves that they are current, so that a change of
the public API is seen in a review. `python -m deploy.contracts release` keeps the present example
exchanges and events as the released ones, which later releases are held to.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.environment import SERVICES
from shared.keys import make_development_keys

SNAPSHOTS = Path("shared/contracts/openapi")
MERGED = SNAPSHOTS / "gateway.json"
RELEASED = Path("shared/contracts/released")
RELEASED_KINDS = ("http", "events")
LEGACY_URLS = Path("docs/legacy_urls.md")
LEGACY_CONTRACTS = Path("docs/legacy_contracts.md")


def openapi_of(package: str) -> str:
    """Give a service's OpenAPI document as its command prints it, with default settings."""
    with tempfile.TemporaryDirectory(prefix="hearth-openapi-") as folder:
        make_development_keys(Path(folder) / "keys")
        return _printed(package, "openapi", DATA_DIR=folder)


def merged_openapi() -> str:
    """Give the description clients see, merged by the gateway from the services' snapshots."""
    return _printed("gateway", "openapi", *(f"{SNAPSHOTS}/{package}.json" for package in SERVICES))


def legacy_urls() -> str:
    """Give the page of legacy URLs as the gateway prints it."""
    return _printed("gateway", "legacy-urls")


def legacy_contracts() -> str:
    """Give the page of the contracts' rows as the conformance suite prints it."""
    return _printed("tests.conformance", "--table")


def _printed(package: str, *command: str, **settings: str) -> str:
    environment = {"PATH": os.environ.get("PATH", os.defpath), **settings}
    return subprocess.run(
        [sys.executable, "-m", package, *command],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout


def release() -> None:
    """Keep the present contracts as the released ones, whole: what is gone is gone there, too."""
    for kind in RELEASED_KINDS:
        shutil.rmtree(RELEASED / kind, ignore_errors=True)
        shutil.copytree(RELEASED.parent / kind, RELEASED / kind)
        print(f"wrote {RELEASED / kind}")


def main() -> None:
    """Write every snapshot and both pages, or with the word `release` the released contracts."""
    if sys.argv[1:] == ["release"]:
        release()
        return
    SNAPSHOTS.mkdir(parents=True, exist_ok=True)
    for package in SERVICES:
        (SNAPSHOTS / f"{package}.json").write_text(openapi_of(package), encoding="utf-8")
        print(f"wrote {SNAPSHOTS / package}.json")
    MERGED.write_text(merged_openapi(), encoding="utf-8")
    print(f"wrote {MERGED}")
    LEGACY_URLS.write_text(legacy_urls(), encoding="utf-8")
    print(f"wrote {LEGACY_URLS}")
    LEGACY_CONTRACTS.write_text(legacy_contracts(), encoding="utf-8")
    print(f"wrote {LEGACY_CONTRACTS}")


if __name__ == "__main__":
    main()
