"""What `make bench-reads` asks is answered: a benchmark nobody runs does not rot unseen."""

import pytest

from tests.benchmarks.reads import READS, Read, filled


@pytest.mark.parametrize("read", READS, ids=lambda each: f"{each.service} {each.path} {each.role}")
def test_every_list_is_answered_at_three_rows(read: Read):
    with filled("sqlite", read, 3) as rows, rows.asking(read) as (ask, _):
        assert ask() > 0
