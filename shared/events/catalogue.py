"""The catalogue of events: who says what, who hears it, and what its data looks like. Contracts are
data in `shared/contracts/events/`.

Layout: `<service>/catalogue.yaml` lists the types a service produces; beside it stand
`<type>.schema.json` (JSON Schema 2020-12 of `data`) and `examples/<type>.json` (a whole envelope).
Every worker declares the broker's topology from here.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from shared.events.envelope import Envelope

SERVICES = (
    "auth_service",
    "profile_service",
    "booking_service",
    "chat_service",
    "notification_service",
)
SHIPPED_DIRECTORY = Path(__file__).parent.parent / "contracts" / "events"
_TYPE = re.compile(r"[a-z]+\.[a-z_]+\.[a-z_]+\.v[1-9][0-9]*")
_ENTRY_KEYS = {"type", "consumers", "subject", "contact_data", "live", "description"}


class BadCatalogue(Exception):
    """The contract files contradict themselves; the message names the file and the fault."""


class UnknownEventType(Exception):
    """No catalogue entry has this type: it is misspelled, or its contract was not written yet."""


class InvalidEventData(Exception):
    """The data does not fit the schema of its type. The message names the place and the rule, never
    the value.
    """


class _DataValidator(Protocol):
    def iter_errors(self, instance: object) -> Iterable[ValidationError]:
        """Give every violation."""
        ...


@dataclass(frozen=True, kw_only=True)
class CatalogueEntry:
    """One type of event. `consumers` are services; an empty tuple means that nobody needs to hear
    it yet. One that `is_live` is also told, as it passes, to gateways that listen.
    """

    type: str
    producer: str
    consumers: tuple[str, ...]
    subject: str
    has_contact_data: bool
    is_live: bool
    description: str
    validator: _DataValidator = field(repr=False, compare=False)
    subject_pattern: re.Pattern[str] = field(repr=False, compare=False)

    def check(self, *, subject: str, data: Mapping[str, Any]) -> None:
        """Check an event of this type before it is written.

        Raises:
            InvalidEventData: subject or data do not fit the contract.
        """
        if not self.subject_pattern.fullmatch(subject):
            message = f"{self.type}: the subject is not of the form {self.subject}"
            raise InvalidEventData(message)
        for violation in self.validator.iter_errors(dict(data)):
            place = "/".join(str(part) for part in violation.absolute_path) or "data"
            message = f"{self.type}: {place} breaks the rule {violation.validator!r}"
            raise InvalidEventData(message)


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Every type by name."""

    entries: Mapping[str, CatalogueEntry]

    def entry(self, event_type: str) -> CatalogueEntry:
        """Give the entry of a type.

        Raises:
            UnknownEventType: it is not in the catalogue.
        """
        try:
            return self.entries[event_type]
        except KeyError:
            raise UnknownEventType(event_type) from None

    def said_by(self, service: str) -> frozenset[str]:
        """Give the types a service produces."""
        return frozenset(entry.type for entry in self.entries.values() if entry.producer == service)

    def heard_by(self, service: str) -> frozenset[str]:
        """Give the types a service consumes."""
        return frozenset(
            entry.type for entry in self.entries.values() if service in entry.consumers
        )

    def types_without_contact_data(self) -> frozenset[str]:
        """Give the types that never hold names and addresses."""
        return frozenset(
            entry.type for entry in self.entries.values() if not entry.has_contact_data
        )

    def has_consumers(self, event_type: str) -> bool:
        """Tell whether anybody must get this type; a type we do not know may have consumers."""
        entry = self.entries.get(event_type)
        return entry is None or bool(entry.consumers)

    def is_live(self, event_type: str) -> bool:
        """Tell whether gateways hear this type as it passes."""
        entry = self.entries.get(event_type)
        return entry is not None and entry.is_live

    def topology(self) -> Mapping[str, frozenset[str]]:
        """Give for every service that hears anything the types it hears."""
        hearers = sorted({name for entry in self.entries.values() for name in entry.consumers})
        return {service: self.heard_by(service) for service in hearers}


@cache
def shipped_catalogue() -> Catalogue:
    """Give the catalogue that stands in the repository; read once per process, never at import."""
    return load_catalogue(SHIPPED_DIRECTORY)


def load_catalogue(directory: Path) -> Catalogue:
    """Read the contracts below a directory.

    Raises:
        BadCatalogue: a file is missing or misshapen, a type twice, a producer or consumer nobody
        knows.
    """
    entries: dict[str, CatalogueEntry] = {}
    for path in sorted(directory.glob("*/catalogue.yaml")):
        for entry in _entries_of(path):
            if entry.type in entries:
                message = f"{path}: {entry.type} stands twice"
                raise BadCatalogue(message)
            entries[entry.type] = entry
    return Catalogue(entries=entries)


def load_example(directory: Path, entry: CatalogueEntry) -> Envelope:
    """Read the example envelope of a type; consumers' tests feed on it.

    Raises:
        OSError: there is none.
        UnreadableEnvelope: it is no envelope.
    """
    path = directory / entry.producer / "examples" / f"{entry.type}.json"
    return Envelope.from_json(path.read_bytes())


def shipped_example(event_type: str) -> Envelope:
    """Read the example envelope of a type of the shipped catalogue.

    Raises:
        UnknownEventType: it is not in the catalogue.
    """
    return load_example(SHIPPED_DIRECTORY, shipped_catalogue().entry(event_type))


def source_of(producer: str) -> str:
    """Give the CloudEvents source of a producing service."""
    return f"/hearth/{producer}"


def _entries_of(path: Path) -> list[CatalogueEntry]:
    producer = path.parent.name
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(listed, list):
        message = f"{path}: must be a list of entries"
        raise BadCatalogue(message)
    return [_entry(path, producer, item) for item in listed]


def _entry(path: Path, producer: str, item: object) -> CatalogueEntry:
    if not isinstance(item, dict) or set(item) != _ENTRY_KEYS:
        message = f"{path}: an entry needs exactly {sorted(_ENTRY_KEYS)}"
        raise BadCatalogue(message)
    event_type = str(item["type"])
    prefix = producer.removesuffix("_service") + "."
    if not _TYPE.fullmatch(event_type) or not event_type.startswith(prefix):
        message = f"{path}: {event_type} is not of the form {prefix}<noun>.<past verb>.v<number>"
        raise BadCatalogue(message)
    return CatalogueEntry(
        type=event_type,
        producer=producer,
        consumers=_consumers(path, event_type, item["consumers"]),
        subject=str(item["subject"]),
        has_contact_data=bool(item["contact_data"]),
        is_live=_is_live(path, item),
        description=str(item["description"]),
        validator=_validator(path.parent / f"{event_type}.schema.json"),
        subject_pattern=_subject_pattern(str(item["subject"])),
    )


def _is_live(path: Path, item: Mapping[str, Any]) -> bool:
    if item["live"] and item["contact_data"]:
        message = f"{path}: {item['type']} is live, so it may hold no contact data"
        raise BadCatalogue(message)
    return bool(item["live"])


def _consumers(path: Path, event_type: str, listed: object) -> tuple[str, ...]:
    if not isinstance(listed, list) or not set(listed) <= set(SERVICES):
        message = f"{path}: {event_type} names a consumer nobody knows"
        raise BadCatalogue(message)
    return tuple(listed)


def _validator(path: Path) -> _DataValidator:
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path}: there is no readable schema"
        raise BadCatalogue(message) from error
    Draft202012Validator.check_schema(schema)
    return cast("_DataValidator", Draft202012Validator(schema))


def _subject_pattern(form: str) -> re.Pattern[str]:
    """Turn `account/{account_id}` into a pattern in which a placeholder stands for one path
    segment.
    """
    parts = re.split(r"\{[a-z_]+\}", form)
    return re.compile(r"[^/\s]+".join(re.escape(part) for part in parts))
