"""The operator sees what is wrong, once and short; everything else is in the log files."""

import io

import pytest

from deploy.launcher.console import Console, worth_showing


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"level": "info", "event": "request"}', None),
        (
            '{"level":"warning","event":"upstream_unavailable","upstream":"profile",'
            '"timestamp":"2026-11-21T09:00:00Z","service":"gateway","correlation_id":"1"}',
            "warning: upstream_unavailable upstream=profile",
        ),
        ('{"level": "error", "event": "job_failed"}', "error: job_failed"),
        ('{"broken": ', '{"broken": '),
        ("[2026-11-21 09:00:00 +0000] [7] [ERROR] Worker failed to boot.", "same"),
        ("[2026-11-21 09:00:00 +0000] [7] [INFO] Listening at: http://127.0.0.1:8000", None),
        ("Traceback (most recent call last):", "same"),
        ("ModuleNotFoundError: No module named 'booking_service'", "same"),
        ("booking_service: database is up to date", None),
    ],
)
def test_warnings_and_worse_are_shown(line: str, shown: str | None) -> None:
    assert worth_showing(line) == (line if shown == "same" else shown)


def test_a_repeated_line_is_shown_once() -> None:
    out = io.StringIO()
    console = Console(out, io.StringIO())
    for _ in range(50):
        console.show("gateway", "warning: ended_sessions_not_loaded")
    console.show("auth-web", "warning: ended_sessions_not_loaded")

    assert [line.split()[0] for line in out.getvalue().splitlines()] == ["gateway", "auth-web"]


def test_a_broker_that_is_away_is_named_once_whoever_misses_it() -> None:
    out = io.StringIO()
    console = Console(out, io.StringIO())
    for process in ("auth-worker", "booking-worker", "chat-worker"):
        console.show(process, "warning: broker_unreachable broker=127.0.0.1:5672")
    (line,) = out.getvalue().splitlines()
    assert line.split() == [
        "auth-worker",
        "warning:",
        "broker_unreachable",
        "broker=127.0.0.1:5672",
    ]


def test_a_flood_is_cut_and_the_log_file_named() -> None:
    out = io.StringIO()
    console = Console(out, io.StringIO())
    for number in range(500):
        console.show("chat-worker", f"warning: number {number}")

    lines = out.getvalue().splitlines()
    assert len(lines) == 21
    assert "log file" in lines[-1]
