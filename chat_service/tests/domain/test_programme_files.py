"""The guided programme is complete, in three languages, and its ids can be trusted for good."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

PROGRAMME_FOLDER = Path(__file__).parents[2] / "programme" / "v1"
LOCALES = {"ru", "en", "ar"}
STAGE_KEYS = {
    "stage_id",
    "order",
    "is_chat",
    "name",
    "description",
    "explanations",
    "questions",
    "closing",
}
# Ids are stored with people's answers: a stage may gain items at its end, it never loses one.
STAGES_IN_ORDER = [
    "goal_setting",
    "problem_solving",
    "decision_making",
    "carrying_decisions_out",
    "communication",
    "social_skills",
    "facing_shyness",
    "leading_a_discussion",
    "self_talk",
    "taking_responsibility",
    "appearance_care",
    "emotional_intelligence",
]
LETTERS_OF = {"ru": re.compile("[а-яё]"), "en": re.compile("[a-z]"), "ar": re.compile("[ء-ي]")}
FOREIGN_TO = {
    "ru": re.compile("[a-zء-ي]", re.IGNORECASE),
    "en": re.compile("[а-яёء-ي]", re.IGNORECASE),
    "ar": re.compile("[а-яёa-z]", re.IGNORECASE),
}


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


PROGRAMME = _read(PROGRAMME_FOLDER / "programme.yaml")
STAGES = [_read(path) for path in sorted(PROGRAMME_FOLDER.glob("[0-9][0-9]_*.yaml"))]
every_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage["stage_id"])


def _texts(stage: dict[str, Any]) -> Iterator[dict[str, str]]:
    yield from (stage["name"], stage["description"], stage["closing"])
    for explanation in stage["explanations"]:
        yield explanation["text"]
    for question in stage["questions"]:
        yield question["text"]
        yield question["acknowledgement"]


def test_the_programme_has_twelve_stages_in_their_order():
    assert [stage["stage_id"] for stage in STAGES] == STAGES_IN_ORDER
    assert [stage["order"] for stage in STAGES] == list(range(12))


def test_the_list_of_stages_names_exactly_the_files_there_are():
    assert PROGRAMME["version"] == 1
    assert set(PROGRAMME["locales"]) == LOCALES
    assert [(entry["stage_id"], entry["order"]) for entry in PROGRAMME["stages"]] == [
        (stage["stage_id"], stage["order"]) for stage in STAGES
    ]
    files = {path.name for path in PROGRAMME_FOLDER.glob("*.yaml")} - {"programme.yaml"}
    assert {entry["file"] for entry in PROGRAMME["stages"]} == files


def test_no_id_is_used_twice_in_the_whole_programme():
    items = [item["id"] for stage in STAGES for item in stage["explanations"] + stage["questions"]]
    assert len(set(items)) == len(items)


def test_no_text_stands_twice():
    texts = [text[locale] for stage in STAGES for text in _texts(stage) for locale in LOCALES]
    repeated = {text for text in texts if texts.count(text) > 1}
    assert repeated == set()


@every_stage
def test_a_stage_has_the_agreed_shape(stage: dict[str, Any]):
    assert set(stage) == STAGE_KEYS
    assert stage["is_chat"] is True
    assert 2 <= len(stage["explanations"]) <= 5
    assert 3 <= len(stage["questions"]) <= 8
    for explanation in stage["explanations"]:
        assert set(explanation) == {"id", "text"}
    for question in stage["questions"]:
        assert set(question) == {"id", "text", "acknowledgement"}


@every_stage
def test_ids_carry_the_name_of_their_stage_and_count_from_one(stage: dict[str, Any]):
    for kind, items in (("e", stage["explanations"]), ("q", stage["questions"])):
        expected = [f"{stage['stage_id']}.{kind}{number}" for number in range(1, len(items) + 1)]
        assert [item["id"] for item in items] == expected


@every_stage
def test_every_text_stands_in_the_three_languages_and_in_their_letters(stage: dict[str, Any]):
    for text in _texts(stage):
        assert set(text) == LOCALES
        for locale, words in text.items():
            assert words == words.strip()
            assert LETTERS_OF[locale].search(words), words
            assert not FOREIGN_TO[locale].search(words), words
            assert "  " not in words


@every_stage
def test_explanations_are_two_to_five_sentences_and_fit_a_message(stage: dict[str, Any]):
    for explanation in stage["explanations"]:
        for words in explanation["text"].values():
            sentences = re.findall(r"[.!?؟…][»\")]?(?=\s|$)", words)
            assert 2 <= len(sentences) <= 5, words
            assert len(words) <= 1000


@every_stage
def test_russian_texts_address_the_reader_politely(stage: dict[str, Any]):
    for text in _texts(stage):
        outside_quotations = re.sub("«[^»]*»", "", text["ru"]).lower()
        assert not re.search(r"\b(ты|тебя|тебе|твой|твоя|твои)\b", outside_quotations)
