"""The table in the docs tells the truth about rows and their tests."""

from pathlib import Path

from click.testing import CliRunner

from gateway.routes import LEGACY_ROWS
from tests.conformance.__main__ import main
from tests.conformance.contract_table import contract_table
from tests.conformance.exchanges import FOLDER

DOCS = Path(__file__).parents[2] / "docs"


def test_the_table_in_the_docs_is_current():
    written = (DOCS / "legacy_contracts.md").read_text(encoding="utf-8")
    assert written == contract_table(), (
        "run `python -m tests.conformance --table > docs/legacy_contracts.md`"
    )


def test_every_row_stands_in_the_table_with_its_exchanges():
    lines = contract_table().splitlines()
    for row in LEGACY_ROWS:
        [line] = [line for line in lines if line.startswith(f"| {row.number} |")]
        assert f"[{len(list((FOLDER / row.number).glob('*.yaml')))} exchanges]" in line
    counted = sum(row.number != "MX" for row in LEGACY_ROWS)
    assert f"{counted} rows and the" in lines[-1]


def test_a_row_without_exchanges_is_seen():
    assert "[0 exchanges]" in contract_table(exchanges=[])


def test_the_command_prints_the_table():
    done = CliRunner().invoke(main, ["--table"])
    assert (done.exit_code, done.output) == (0, contract_table())
