"""`python plot.py FOLDER < lines`: draws what `tests.benchmarks.reads` printed, one picture for
each database and service: milliseconds of a list at few rows and at many.

Runs in an environment of its own (`requirements.txt` here) and imports nothing of Hearth.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "hearth"
from matplotlib import pyplot  # noqa: E402 - the backend is chosen first


def draw(folder: Path, name: str, results: list[dict[str, Any]]) -> None:
    """Write one picture."""
    figure, axes = pyplot.subplots(figsize=(9, 1.5 + 0.45 * len(results) + 2))
    for each in results:
        ends = (each["few"], each["many"])
        label = f"{each['read']}: {each['ratio']}"
        axes.plot([end["rows"] for end in ends], [end["ms"] for end in ends], "o-", label=label)
    axes.set(title=f"{name}: a page, median", xlabel="rows", ylabel="ms", xscale="log")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), fontsize="small", frameon=False)
    figure.savefig(folder / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)


def main(folder: Path) -> None:
    """Draw what is read."""
    results = defaultdict(list)
    for line in sys.stdin:
        result = json.loads(line)
        results[f"{result['service']}-{result['on']}"].append(result)
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in results.items():
        draw(folder, name, found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
