"""Loading the programme, and speaking a language it has not got."""

from pathlib import Path

import pytest

from chat_service.domain.stages import in_locale, load_programmes


def test_stages_have_numbers_of_their_own_in_order():
    programmes = load_programmes()
    stages = programmes.newest.stages
    assert [stage.id for stage in stages] == list(range(1, 13))
    assert [stage.order for stage in stages] == list(range(12))
    assert programmes.stage(1, 3) is stages[3]


def test_a_language_without_words_is_answered_in_english():
    assert in_locale({"en": "Hello", "ru": "Привет"}, "ar") == "Hello"
    assert in_locale({"en": "Hello", "ru": "Привет"}, "ru") == "Привет"


def test_a_second_version_leaves_the_first_where_it_is(tmp_path: Path):
    for version in (1, 2):
        folder = tmp_path / f"v{version}"
        folder.mkdir()
        (folder / "programme.yaml").write_text(
            f"version: {version}\nstages:\n  - {{stage_id: a, order: 0, file: a.yaml}}\n"
        )
        words = f"{{en: version {version}}}"
        (folder / "a.yaml").write_text(
            f"stage_id: a\norder: 0\nis_chat: true\nname: {words}\ndescription: {words}\n"
            f"explanations: []\nquestions: []\nclosing: {words}\n"
        )
    programmes = load_programmes(tmp_path)
    assert programmes.newest.version == 2
    assert [programmes.stage(version, 0).id for version in (1, 2)] == [1, 101]
    assert programmes.stage_view(1, 0, "ru").name == "version 1"


def test_a_gap_or_an_empty_folder_stops_the_start(tmp_path: Path):
    with pytest.raises(ValueError, match="no programme"):
        load_programmes(tmp_path)
    folder = tmp_path / "v1"
    folder.mkdir()
    (folder / "programme.yaml").write_text(
        "version: 1\nstages:\n  - {stage_id: a, order: 1, file: a.yaml}\n"
    )
    (folder / "a.yaml").write_text(
        "stage_id: a\norder: 1\nis_chat: true\nname: {en: a}\ndescription: {en: a}\n"
        "explanations: []\nquestions: []\nclosing: {en: a}\n"
    )
    with pytest.raises(ValueError, match="without a gap"):
        load_programmes(folder.parent)
