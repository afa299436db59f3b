"""Hours as therapists type them."""

import pytest

from portal.typed_hours import UnreadableHours, read_hours, write_hours

MORNING, AFTERNOON = ("09:00", "12:00"), ("13:30", "17:00")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", []),
        ("  ", []),
        ("9-12", [MORNING]),
        ("9–12, 13:30–17", [MORNING, AFTERNOON]),
        ("09:00 — 12:00; 13.30−17.00", [MORNING, AFTERNOON]),
        ("٩–١٢، ١٣:٣٠–١٧", [MORNING, AFTERNOON]),
        ("۹-۱۲", [MORNING]),
        ("22-24", [("22:00", "24:00")]),
        ("0-0:10", [("00:00", "00:10")]),
    ],
)
def test_hours_are_read_in_any_digits_and_dashes(typed: str, read: list[tuple[str, str]]) -> None:
    assert read_hours(typed) == read
    assert read_hours(write_hours(read)) == read


@pytest.mark.parametrize(
    "typed",
    ["9", "9-", "9-12 13-17", "25-26", "9-24:01", "9:60-10", "9am-5pm", "-1-3", "²-3", "9--12"],
)
def test_what_is_no_range_is_refused(typed: str) -> None:
    with pytest.raises(UnreadableHours):
        read_hours(typed)
