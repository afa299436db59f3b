"""The words of notifications and which mails there are, as the files in `templates/` give them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from notification_service.domain.moments import locale_or_default

TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True, kw_only=True)
class NotificationWording:
    """How a kind of notification reads. `type` is `message` or `alert`."""

    type: str
    texts: Mapping[str, str]

    def spelled(self, values: Mapping[str, str | bool | int], locale: str) -> str:
        """Give the text in a locale."""
        return self.texts[locale_or_default(locale)].format_map(values).rstrip()


@dataclass(frozen=True, kw_only=True)
class MailDescription:
    """What a mail's templates need beside the name and the URL, the setting that governs it, what
    its sealed secret is (`code` or `token`, None where it has none), and the page it leads to.
    """

    variables: tuple[str, ...]
    governed_by: str | None
    sealed: str | None
    leads_to: str


@cache
def notification_wordings() -> Mapping[str, NotificationWording]:
    """Give every kind of notification; read once per process, never at import."""
    return {
        kind: NotificationWording(type=entry["type"], texts=entry["text"])
        for kind, entry in _read("notifications.yaml")["notifications"].items()
    }


@cache
def mail_descriptions() -> Mapping[str, MailDescription]:
    """Give every mail; read once per process, never at import."""
    return {
        template: MailDescription(
            variables=tuple(entry["variables"]),
            governed_by=entry["governed_by"],
            sealed=entry.get("sealed"),
            leads_to=entry.get("leads_to", ""),
        )
        for template, entry in _read("mails.yaml")["mails"].items()
    }


def explanation(parameters: Mapping[str, Any], locale: str) -> str:
    """Say who cancelled an hour and, where that may be said, why; empty where nothing is known."""
    texts = _cancellations()
    reader = "therapist" if parameters.get("is_therapist") else "client"
    said = (
        texts["who"].get(parameters.get("changed_by"), {}),
        texts["why"].get(parameters.get("reason_code"), {}),
    )
    return " ".join(each[reader][locale_or_default(locale)] for each in said if reader in each)


@cache
def _cancellations() -> Mapping[str, Mapping[str | None, Mapping[str, Mapping[str, str]]]]:
    return _read("cancellations.yaml")


def _read(filename: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((TEMPLATES / filename).read_text(encoding="utf-8"))
    return found
