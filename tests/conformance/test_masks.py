"""The comparison itself: it must find what is wrong, or the suite proves nothing."""

import pytest

from tests.conformance.masks import MASKS, differences

FITTING = {
    "<any string>": "",
    "<any words>": "x",
    "<bool>": False,
    "<day>": "2026-11-21",
    "<free hours>": {"Thu 7 July": [9, 11], "Fri 8 July": [0]},
    "<instant>": "2026-11-21T00:09:41.184980Z",
    "<instant in seconds>": "2026-11-21T00:09:41Z",
    "<int>": 5,
    "<float>": 0.5,
    "<jwt>": "a.b-c.d_e",
    "<list>": [],
    "<one hour>": {"Thu 7 July": 9},
    "<parse error>": "JSON parse error - Expecting value",
    "<session cookie>": "session=a.b.c; Path=/; HttpOnly; Secure; SameSite=Lax",
    "<url>": "https://hearth.example/api/v1/pictures/1",
}
NOT_FITTING: list[tuple[str, object]] = [
    ("<any words>", " "),
    ("<any string>", None),
    ("<bool>", 0),
    ("<day>", "2026-02-30"),
    ("<day>", "2026-11-21T00:00:00Z"),
    ("<free hours>", {}),
    ("<free hours>", {"Thu 7 July": []}),
    ("<free hours>", {"Thu 7 July": [11, 9]}),
    ("<free hours>", {"Thu 7 July": [9, 9]}),
    ("<free hours>", {"Thu 7 July": [24]}),
    ("<free hours>", {"7 July": [9]}),
    ("<instant>", "2026-11-21T00:09:41Z"),
    ("<instant>", "2026-11-21T25:09:41.184980Z"),
    ("<instant in seconds>", "2026-11-21T00:09:41.184980Z"),
    ("<int>", True),
    ("<int>", 1.0),
    ("<float>", 1),
    ("<jwt>", "a.b"),
    ("<jwt>", ""),
    ("<one hour>", {}),
    ("<one hour>", {"Thu 7 July": [9]}),
    ("<session cookie>", "session=a.b.c; Path=/; Secure; SameSite=Lax"),
    ("<session cookie>", "session=a.b.c; HttpOnly; SameSite=Lax"),
    ("<url>", "/api/v1/pictures/1"),
]


def test_every_mask_has_a_fitting_example():
    assert FITTING.keys() == MASKS.keys()


@pytest.mark.parametrize(("mask", "value"), FITTING.items())
def test_a_mask_accepts_what_it_stands_for(mask, value):
    assert differences(mask, value) == []


@pytest.mark.parametrize(("mask", "value"), NOT_FITTING)
def test_a_mask_refuses_anything_else(mask, value):
    assert differences(mask, value) != []


@pytest.mark.parametrize("mask", MASKS)
def test_a_mask_refuses_null(mask):
    assert differences(mask, None) != []


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": None}, {}),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ([], {}),
        ("x", "y"),
        ([{"<every>": {"a": "<int>"}}], []),
        ([{"<every>": {"a": "<int>"}}], [{"a": 1}, {"a": "1"}]),
        ({"a": [{"b": "<int>"}]}, {"a": [{"b": None}]}),
    ],
)
def test_a_difference_is_found(expected, found):
    assert differences(expected, found) != []


def test_a_difference_names_its_place():
    assert differences({"a": [{"b": 1}]}, {"a": [{"b": 2}]}) == ["$.a[0].b: expected 1, found 2"]


def test_every_element_of_a_list_may_be_masked_at_once():
    assert differences([{"<every>": {"a": "<int>"}}], [{"a": 1}, {"a": 2}]) == []


def test_an_unknown_mask_is_a_mistake_of_the_exchange():
    with pytest.raises(ValueError, match="there is no mask"):
        differences("<number>", 5)
