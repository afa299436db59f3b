"""The one description of the clean API, merged from the five services' own and the gateway's.

Public paths only (`/api/v1`), and only the components they reach. Where two services use one name
for different things, both get their service's name in front. A service that is down is described as
it was last seen; one never seen is named in `x-missing-services`.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, Response

from gateway.own_operations import DESCRIPTION
from gateway.routes import CLEAN_PREFIX
from gateway.upstreams import Upstream, UpstreamCall, UpstreamUnavailable
from shared import strict_json

Document = dict[str, Any]

KEPT_SECONDS = 60.0
KEPT_INCOMPLETE_SECONDS = 5.0
MISSING = "x-missing-services"
_REFERENCE = "#/components/"
_OPERATIONS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


class MergedDescription:
    """Fetches, merges and keeps the description. Thread-safe."""

    def __init__(self, upstreams: Mapping[str, Upstream], public_url: str) -> None:
        self._upstreams = upstreams
        self._public_url = public_url
        self._lock = threading.Lock()
        self._last_known: dict[str, Document] = {}
        self._kept = b""
        self._kept_until = 0.0

    def text(self) -> bytes:
        """Give the merged description as JSON."""
        with self._lock:
            if not self._kept or time.monotonic() >= self._kept_until:
                self._refresh()
            return self._kept

    def _refresh(self) -> None:
        with ThreadPoolExecutor(max_workers=len(self._upstreams)) as pool:
            found = dict(
                zip(self._upstreams, pool.map(_fetched, self._upstreams.values()), strict=True)
            )
        self._last_known |= {name: document for name, document in found.items() if document}
        missing = [name for name in self._upstreams if name not in self._last_known]
        documents = {**self._last_known, "gateway": DESCRIPTION}
        self._kept = strict_json.dumps(merged(documents, self._public_url, missing))
        is_complete = all(found.values())
        kept_seconds = KEPT_SECONDS if is_complete else KEPT_INCOMPLETE_SECONDS
        self._kept_until = time.monotonic() + kept_seconds


def _fetched(upstream: Upstream) -> Document | None:
    try:
        answer = upstream.call_from_thread(
            UpstreamCall(method="GET", target="/openapi.json", may_be_retried=True)
        )
        document = orjson.loads(answer.body) if answer.status == 200 else None
    except (UpstreamUnavailable, ValueError):
        return None
    return document if isinstance(document, dict) else None


def merged(documents: Mapping[str, Document], public_url: str, missing: list[str]) -> Document:
    """Merge the services' documents; the order of `documents` decides nothing but the order of
    members.
    """
    documents = _named_apart(documents)
    conflicts = _conflicts(documents)
    paths: Document = {}
    components: dict[str, Document] = {}
    tags: dict[str, Document] = {}
    for service, document in documents.items():
        own = _renamed(document, service, conflicts)
        public = _public_paths(own)
        paths |= public
        for section, name in _reached(public, own.get("components", {})):
            components.setdefault(section, {})[name] = own["components"][section][name]
        for tag in own.get("tags", []):
            tags.setdefault(tag.get("name", ""), tag)
    answer: Document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Hearth",
            "version": "1",
            "contact": {"name": "Whoever runs this Hearth", "url": public_url},
            **_shared_info(documents),
        },
        "servers": [{"url": public_url}],
        "paths": dict(sorted(paths.items())),
        "components": components,
        "tags": _used_tags(tags, paths),
    }
    if missing:
        answer[MISSING] = missing
    return answer


def merged_files(descriptions: Sequence[Path], public_url: str = "https://hearth.example") -> str:
    """Merge kept descriptions, each named after its service, as they would be served."""
    documents: dict[str, Document] = {
        path.stem: orjson.loads(path.read_bytes()) for path in sorted(descriptions)
    }
    whole = merged({**documents, "gateway": DESCRIPTION}, public_url, missing=[])
    return json.dumps(whole, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _shared_info(documents: Mapping[str, Document]) -> Document:
    """Give the licence every service names, and what they all say of tokens and errors: their
    descriptions end alike.
    """
    infos = [document.get("info", {}) for document in documents.values()]
    shared: Document = {}
    for info in infos:
        if "license" in info:
            shared["license"] = info["license"]
            _, _, common = str(info.get("description", "")).partition("\n\n")
            shared["description"] = common
    return shared


def _public_paths(document: Document) -> Document:
    return {
        path: item
        for path, item in document.get("paths", {}).items()
        if path.startswith(CLEAN_PREFIX)
    }


def _named_apart(documents: Mapping[str, Document]) -> dict[str, Document]:
    """Put the service's name before an operation's where two services use one name."""
    names = Counter(
        operation["operationId"]
        for document in documents.values()
        for operation in _operations(_public_paths(document))
        if "operationId" in operation
    )
    return {
        service: {
            **document,
            "paths": {
                path: {
                    key: _named_with(service, value, names) if key in _OPERATIONS else value
                    for key, value in item.items()
                }
                for path, item in document.get("paths", {}).items()
            },
        }
        for service, document in documents.items()
    }


def _named_with(service: str, operation: Document, names: Mapping[str, int]) -> Document:
    name = operation.get("operationId")
    if name is None or names.get(name, 0) < 2:
        return operation
    return {**operation, "operationId": f"{service}_{name}"}


def _operations(paths: Document) -> Iterator[Document]:
    for item in paths.values():
        for key, operation in item.items():
            if key in _OPERATIONS:
                yield operation


def _conflicts(documents: Mapping[str, Document]) -> set[tuple[str, str]]:
    """Find component names that mean different things, and those that refer to such a name."""
    seen: dict[tuple[str, str], list[object]] = {}
    for document in documents.values():
        for section, members in document.get("components", {}).items():
            for name, content in members.items():
                seen.setdefault((section, name), []).append(content)
    shared = {key for key, contents in seen.items() if len(contents) > 1}
    conflicts = {key for key in shared if any(each != seen[key][0] for each in seen[key])}
    while True:
        tainted = {
            key
            for key in shared - conflicts
            if any(reference in conflicts for reference in _references(seen[key]))
        }
        if not tainted:
            return conflicts
        conflicts |= tainted


def _renamed(document: Document, service: str, conflicts: set[tuple[str, str]]) -> Document:
    """Put the service's name before every conflicting component and every reference to one."""
    prefix = service.title()

    def walk(value: object) -> object:
        if isinstance(value, list):
            return [walk(each) for each in value]
        if not isinstance(value, dict):
            return value
        walked = {key: walk(each) for key, each in value.items()}
        key = _reference_key(walked.get("$ref"))
        if key in conflicts and key is not None:
            walked["$ref"] = f"{_REFERENCE}{key[0]}/{prefix}{key[1]}"
        return walked

    renamed: Any = walk(document)
    renamed["components"] = {
        section: {
            (f"{prefix}{name}" if (section, name) in conflicts else name): content
            for name, content in members.items()
        }
        for section, members in renamed.get("components", {}).items()
    }
    return dict(renamed)


def _reference_key(reference: object) -> tuple[str, str] | None:
    if not isinstance(reference, str) or not reference.startswith(_REFERENCE):
        return None
    section, _, name = reference[len(_REFERENCE) :].partition("/")
    return section, name


def _references(value: object) -> Iterator[tuple[str, str]]:
    """Give every component referred to inside; a security requirement refers by its name."""
    if isinstance(value, list):
        for each in value:
            yield from _references(each)
    elif isinstance(value, dict):
        key = _reference_key(value.get("$ref"))
        if key is not None:
            yield key
        for requirement in (
            value.get("security", ()) if isinstance(value.get("security"), list) else ()
        ):
            for name in requirement:
                yield "securitySchemes", name
        for each in value.values():
            yield from _references(each)


def _reached(paths: Document, components: Mapping[str, Document]) -> list[tuple[str, str]]:
    """Give the components the paths reach, directly or through one another."""
    waiting = list(_references(list(paths.values())))
    reached: dict[tuple[str, str], None] = {}
    while waiting:
        key = waiting.pop()
        if key in reached or key[1] not in components.get(key[0], {}):
            continue
        reached[key] = None
        waiting.extend(_references(components[key[0]][key[1]]))
    return sorted(reached)


def _used_tags(tags: Mapping[str, Document], paths: Document) -> list[Document]:
    used = {name for operation in _operations(paths) for name in operation.get("tags", [])}
    return [tag for name, tag in tags.items() if name in used]


def register_openapi(app: Flask, description: MergedDescription) -> None:
    """Add `/openapi.json`."""

    def openapi() -> Response:
        return Response(description.text(), content_type="application/json")

    app.add_url_rule("/openapi.json", "openapi", openapi)
    app.add_url_rule("/openapi.json/", "openapi_with_slash", openapi)
