"""The guided programme: data files of a version, read once by a factory."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROGRAMME_FOLDER = Path(__file__).resolve().parent.parent / "programme"
DEFAULT_LOCALE = "en"
_STAGE_IDS_OF_A_VERSION = 100

Words = Mapping[str, str]
"""A text by locale."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Something the guide tells before asking."""

    id: str
    text: Words


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something the guide asks, and what it says to any answer."""

    id: str
    text: Words
    acknowledgement: Words


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage. `id` is unique over all versions; `key` is the name its item ids begin with."""

    id: int
    key: str
    order: int
    is_chat: bool
    name: Words
    description: Words
    explanations: tuple[Explanation, ...]
    questions: tuple[Question, ...]
    closing: Words

    def question(self, question_id: str | None) -> Question | None:
        """Give the question of an id; None when it is an explanation's, or nothing's here."""
        return next((each for each in self.questions if each.id == question_id), None)


@dataclass(frozen=True, kw_only=True)
class StageView:
    """A stage in one language."""

    id: int
    order: int
    name: str
    description: str
    is_chat: bool


@dataclass(frozen=True, kw_only=True)
class Programme:
    """One version: its stages in order."""

    version: int
    stages: tuple[Stage, ...]

    def views(self, locale: str) -> tuple[StageView, ...]:
        """Give every stage in one language."""
        return tuple(_view(stage, locale) for stage in self.stages)


class Programmes:
    """Every version there is. A guided session keeps the version it was made with."""

    def __init__(self, programmes: Mapping[int, Programme]) -> None:
        self._programmes = dict(programmes)
        self.newest = programmes[max(programmes)]

    def stage(self, version: int, order: int) -> Stage:
        """Give the stage a guided session speaks of."""
        return self._programmes[version].stages[order]

    def stage_view(self, version: int, order: int, locale: str) -> StageView:
        """Give the same in one language."""
        return _view(self.stage(version, order), locale)


def load_programmes(folder: Path = PROGRAMME_FOLDER) -> Programmes:
    """Read every version below the folder; a process does this once, when it starts.

    Raises:
        KeyError, ValueError, OSError: a file is missing or has another shape.
    """
    found = [_programme(version) for version in sorted(folder.glob("v*")) if version.is_dir()]
    if not found:
        message = f"no programme below {folder}"
        raise ValueError(message)
    return Programmes({programme.version: programme for programme in found})


def in_locale(words: Words, locale: str) -> str:
    """Give a text in the locale, in English where it has none."""
    return words.get(locale) or words[DEFAULT_LOCALE]


def _programme(folder: Path) -> Programme:
    listed = _read(folder / "programme.yaml")
    version = int(listed["version"])
    stages = tuple(
        _stage(version, _read(folder / entry["file"]))
        for entry in sorted(listed["stages"], key=lambda entry: int(entry["order"]))
    )
    if [stage.order for stage in stages] != list(range(len(stages))):
        message = f"{folder.name}: the stages are not numbered from 0 without a gap"
        raise ValueError(message)
    return Programme(version=version, stages=stages)


def _stage(version: int, content: Mapping[str, Any]) -> Stage:
    order = int(content["order"])
    return Stage(
        id=(version - 1) * _STAGE_IDS_OF_A_VERSION + order + 1,
        key=content["stage_id"],
        order=order,
        is_chat=bool(content["is_chat"]),
        name=content["name"],
        description=content["description"],
        explanations=tuple(
            Explanation(id=item["id"], text=item["text"]) for item in content["explanations"]
        ),
        questions=tuple(
            Question(id=item["id"], text=item["text"], acknowledgement=item["acknowledgement"])
            for item in content["questions"]
        ),
        closing=content["closing"],
    )


def _read(path: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def _view(stage: Stage, locale: str) -> StageView:
    return StageView(
        id=stage.id,
        order=stage.order,
        name=in_locale(stage.name, locale),
        description=in_locale(stage.description, locale),
        is_chat=stage.is_chat,
    )
