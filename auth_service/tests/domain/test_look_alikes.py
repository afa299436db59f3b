"""User names that look alike are one, others are not."""

import string

import pytest

from auth_service.domain.look_alikes import LOOK_CHARACTERS, look_of


@pytest.mark.parametrize(
    "name",
    [
        *("Bоb", "Βοb", "Воb", "BOB", "bob", "𝐁𝐨𝐛", "Ｂｏｂ", "B0b", "Bσb"),
        *("Bo\u200bb", "B\u00adob", "Bob\ufeff", "\u2800Bob"),
    ],
)
def test_what_looks_like_bob_is_bob(name):
    assert look_of(name) == look_of("Bob")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypal", "paypaI"),
        ("paypal", "раураl"),
        ("Bill", "BiII"),
        ("Bill", "Bi11"),
        ("modern", "modem"),
        ("сор", "cop"),
        ("Anna Kis", "Anna\u00a0Kis"),
        ("Anna Kis", "Anna\u3164Kis"),
        ("ⅼee", "Lee"),
    ],
)
def test_names_that_look_alike_are_one(one, other):
    assert look_of(one) == look_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ёлка", "елка"),
        ("Йога", "Иога"),
        ("Иван", "Ивон"),
        ("anna", "ánna"),
        ("Anna", "Anne"),
        ("Anna Kis", "AnnaKis"),
        ("anna.k", "anna_k"),
        ("محمد", "محمود"),
        ("李明", "李朋"),
        ("user-1a2b", "user-1a2c"),
    ],
)
def test_names_that_look_different_are_different(one, other):
    assert look_of(one) != look_of(other)


@pytest.mark.parametrize(
    "ignorable",
    [*"\ufe0f\ufe00\u034f\u180b\u180f\u17b4\u17b5\U000e0100\u115f\u1160\u2065\u200d\ufff3"],
)
def test_what_shows_nothing_counts_for_nothing_whatever_its_category(ignorable):
    assert look_of(f"Bob{ignorable}x") == look_of("Bobx")


def test_small_latin_letters_differ_but_for_i_and_l():
    looks = {letter: look_of(letter) for letter in string.ascii_lowercase}
    assert looks.pop("i") == looks["l"]
    assert len(set(looks.values())) == len(looks)


def test_russian_letters_differ():
    letters = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
    assert len({look_of(letter) for letter in letters}) == len(letters)


def test_a_look_fits_its_column():
    for name in ("\ufdfa" * 64, "ΐ" * 64, "\U0001f468" * 64):
        assert len(look_of(name)) <= LOOK_CHARACTERS
    assert look_of("\ufdfa" * 64) != look_of("\ufdfa" * 63)
