"""Logs: JSON lines, allow-listed fields, masked by a second net, and the correlation id."""

import json
import subprocess
import sys

import pytest

from shared.logs import correlation, current_correlation_id, redacted, usable_correlation_id

PROGRAM = """
import logging, structlog
from shared.logs import configure_logs, correlation, described_error
configure_logs("probe_service", "INFO")
with correlation("abc"):
    structlog.get_logger().info(
        "request", status=200, email="vasya@mail.example", body="secret", token="t",
        reason="told vasya@mail.example",
    )
    logging.getLogger("library").warning("mail to vasya@mail.example failed")
    try:
        raise ValueError("vasya@mail.example")
    except ValueError as error:
        structlog.get_logger().error("unexpected", **described_error(error))
        logging.getLogger("library").exception("broke")
"""


def _lines() -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_lines_are_json_and_hold_nothing_personal() -> None:
    lines = _lines()
    assert len(lines) == 4
    assert "vasya" not in json.dumps(lines)
    assert "secret" not in json.dumps(lines)
    assert lines[0]["status"] == 200
    assert lines[0]["service"] == "probe_service"
    assert lines[0]["correlation_id"] == "abc"
    assert {"email", "body", "token"}.isdisjoint(lines[0])
    assert lines[2]["error_type"] == "ValueError"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("to a.b+c@d.example now", "to <address> now"),
        ("Bearer eyJhbGciOi.eyJzdWIiOi.c2ln", "Bearer <token>"),
        ("postgresql://user:pass@host/db", "postgresql://user:***@host/db"),
        ("plain", "plain"),
    ],
)
def test_addresses_tokens_and_passwords_are_masked(text: str, kept: str) -> None:
    assert redacted(text) == kept


@pytest.mark.parametrize("bad", ["", None, "a" * 65, "a b", "a\nb", "ü", "<x>"])
def test_an_unusable_request_id_is_replaced(bad: str | None) -> None:
    made = usable_correlation_id(bad)
    assert made != bad
    assert len(made) == 32


def test_the_correlation_id_stands_inside_and_is_gone_after() -> None:
    assert current_correlation_id() is None
    with correlation("outer"):
        with correlation("inner"):
            assert current_correlation_id() == "inner"
        assert current_correlation_id() == "outer"
    assert current_correlation_id() is None
