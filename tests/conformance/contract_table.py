"""The table of `docs/legacy_contracts.md`: every row of the three contracts and its exchanges."""

from collections.abc import Sequence

from gateway.routes import LEGACY_ROWS, Row
from tests.conformance.exchanges import Exchange, all_exchanges

_HEAD = """# Every row of the legacy contracts and its test

Written by `python -m tests.conformance --table`; a test compares. Each row is proved by the golden
exchanges in its folder, replayed through the whole platform by
[`test_replay.py`](../tests/conformance/test_replay.py): embedded, and on PostgreSQL, RabbitMQ and
Redis. `make conformance URL=…` replays them against any running platform. What leads where:
[legacy URLs](legacy_urls.md).

| row | contract | URL | purpose | exchanges | answers | refusals |
|---|---|---|---|---|---|---|"""
_EXTRA = "MX"


def contract_table(
    rows: Sequence[Row] = LEGACY_ROWS, exchanges: Sequence[Exchange] | None = None
) -> str:
    """Give the whole page as Markdown."""
    replayed = all_exchanges() if exchanges is None else exchanges
    lines = [
        _line(row, [each for each in replayed if each.row == row.number])
        for row in sorted(rows, key=lambda row: row.number == _EXTRA)
    ]
    counted = sum(row.number != _EXTRA for row in rows)
    return "\n".join(
        [
            _HEAD,
            *lines,
            "",
            f"{counted} rows and the `matching` form of `/logout`, {len(replayed)} exchanges.\n",
        ]
    )


def _line(row: Row, exchanges: Sequence[Exchange]) -> str:
    folder = f"../tests/conformance/exchanges/{row.number}"
    slash = "/" if row.dialect.name == "wellbeing" else ""
    refusals = sum(each.is_refusal for each in exchanges)
    return (
        f"| {row.number} | {row.dialect.name} | `{', '.join(row.methods)} {row.path}{slash}` |"
        f" {row.purpose} | [{len(exchanges)} exchanges]({folder}) | {len(exchanges) - refusals} |"
        f" {refusals} |"
    )
