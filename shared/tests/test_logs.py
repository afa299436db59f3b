"""Logs: JSON lines, allow-listed fields, masked by a second net, and the correlation id."""

import json
import subprocess
import sys

import pytest

from shared.logs import (
    correlation,
    current_correlation_id,
    redacted,
    usable_correlation_id,
    usable_request_id,
)

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


LOOKS_LIKE_ONE = [
    "0b9f4a5e-6c7d-4e9f-8a1b-2c3d4e5f6a7b",
    "0B9F4A5E-6C7D-4E9F-8A1B-2C3D4E5F6A7B",
    "00000000-0000-0000-0000-123456789012",
    "a" * 16,
    "a" * 64,
    "req_2026-11-26_Zz",
    "12345678901_x_1234567890a",
]
LOOKS_LIKE_NONE = [
    None, "", "my-id", "a" * 15, "a" * 65, "a b" * 8, "a.b.c" * 4, "ü" * 20, "<x>" * 8,
    "4242424242424242", "id-4242424242424242", "4242-4242-4242-4242", "x4242_4242_4242_424",
    "a" * 16 + "\n", "٤٢" * 10, "x123456789012yyyyy",
]  # fmt: skip


@pytest.mark.parametrize("sent", LOOKS_LIKE_ONE)
def test_a_request_id_that_looks_like_one_is_kept(sent: str) -> None:
    assert usable_request_id(sent) == sent


@pytest.mark.parametrize("sent", LOOKS_LIKE_NONE)
def test_anything_else_is_no_request_id(sent: str | None) -> None:
    made = usable_request_id(sent)
    assert made != sent
    assert len(made) == 32


def test_an_id_of_ours_is_kept_by_the_next_process() -> None:
    for _ in range(500):
        made = usable_request_id(None)
        assert usable_request_id(made) == made


def test_the_correlation_id_stands_inside_and_is_gone_after() -> None:
    assert current_correlation_id() is None
    with correlation("outer"):
        with correlation("inner"):
            assert current_correlation_id() == "inner"
        assert current_correlation_id() == "outer"
    assert current_correlation_id() is None
