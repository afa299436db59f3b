"""The five services have one shape; only the nouns differ."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = (
    "auth_service", "profile_service", "booking_service", "chat_service", "notification_service",
)  # fmt: skip
FILES = (
    "README.md", "Dockerfile", "requirements.in", "requirements.txt", "__init__.py", "__main__.py",
    "app.py", "worker.py", "parts.py", "settings.py", "errors.py", "api/__init__.py",
    "api/schemas/__init__.py", "listeners/__init__.py", "listeners/schemas/__init__.py",
    "jobs/__init__.py", "jobs/pruning.py", "commands/__init__.py", "domain/__init__.py",
    "events/__init__.py", "queries/__init__.py", "models/__init__.py", "models/tables.py",
    "models/messaging.py", "clients/__init__.py", "migrations/env.py", "migrations/script.py.mako",
    "tests/conftest.py", "tests/factories.py", "tests/test_settings.py", "tests/test_worker.py",
    "tests/contracts/test_http_contract.py", "tests/contracts/test_migrations.py",
    "tests/contracts/test_openapi.py",
)  # fmt: skip
LAYERS = (
    "api", "listeners", "jobs", "commands", "domain", "events", "queries", "clients",
)  # fmt: skip
OWN_DATA = {"notification_service": {"templates"}, "chat_service": {"help_lines", "programme"}}
# What several nouns of a service say alike, so that it is none of their own.
SHARED_SCHEMAS = {"auth_service": {"tokens"}, "booking_service": {"texts"}}
BANNED_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|misc|managers?|base)($|_)")


def modules(folder: Path) -> set[str]:
    """Give the names of a folder's modules, its __init__ apart."""
    return {path.stem for path in folder.glob("*.py")} - {"__init__"}


def nouns_of(service: Path) -> set[str]:
    """Give what the service's HTTP API is about."""
    return {
        path.stem
        for path in (service / "api").glob("*.py")
        if "blueprint = Blueprint(" in path.read_text(encoding="utf-8")
    }


def problems_with_nouns(service: Path) -> list[str]:
    """Tell which noun lacks its file in a layer, and which file there has no noun."""
    nouns = nouns_of(service)
    schemas = modules(service / "api" / "schemas") - SHARED_SCHEMAS.get(service.name, set())
    tests = {name.removeprefix("test_") for name in modules(service / "tests" / "api")}
    heard = modules(service / "listeners")
    heard_shapes = modules(service / "listeners" / "schemas") - {"time_zones"}
    return [
        *(f"api/schemas/{name}.py is missing" for name in sorted(nouns - schemas)),
        *(f"api/{name}.py is missing" for name in sorted(schemas - nouns)),
        *(f"domain/{name}.py is missing" for name in sorted(nouns - modules(service / "domain"))),
        *(f"tests/api/test_{name}.py is missing" for name in sorted(nouns - tests)),
        *(f"listeners/schemas/{name}.py is missing" for name in sorted(heard - heard_shapes)),
        *(f"listeners/{name}.py is missing" for name in sorted(heard_shapes - heard)),
    ]


def outline_of(service: Path) -> set[str]:
    """Give what must be the same in all: files and folders on top, and which layers are tested."""
    hidden = ("__pycache__", ".")
    return {
        path.name
        for path in service.iterdir()
        if not path.name.startswith(hidden) and path.name not in OWN_DATA.get(service.name, set())
    }


def untested_layers(service: Path) -> list[str]:
    """Tell which layers hold something and have no tests of their own."""
    return [
        layer
        for layer in LAYERS
        if (modules(service / layer) or layer == "commands")
        and not list((service / "tests" / layer).glob("test_*.py"))
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_every_part(service: str) -> None:
    missing = [name for name in FILES if not (ROOT / service / name).is_file()]
    assert missing == []


@pytest.mark.parametrize("service", SERVICES[1:])
def test_two_services_have_the_same_outline(service: str) -> None:
    assert outline_of(ROOT / service) ^ outline_of(ROOT / SERVICES[0]) == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_layer_is_tested_in_a_folder_of_its_name(service: str) -> None:
    assert untested_layers(ROOT / service) == []
    folders = {path.name for path in (ROOT / service / "tests").iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} <= {*LAYERS, "contracts"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_noun_has_one_filename_in_every_layer(service: str) -> None:
    assert nouns_of(ROOT / service), "the service has resources"
    assert problems_with_nouns(ROOT / service) == []


@pytest.mark.parametrize(
    ("missing", "problem"),
    [
        ("api/schemas/shoes.py", "api/schemas/shoes.py is missing"),
        ("domain/shoes.py", "domain/shoes.py is missing"),
        ("api/shoes.py", "api/shoes.py is missing"),
        ("tests/api/test_shoes.py", "tests/api/test_shoes.py is missing"),
        ("listeners/schemas/boots.py", "listeners/schemas/boots.py is missing"),
    ],
)
def test_a_noun_that_is_missing_in_one_layer_is_seen(
    tmp_path: Path, missing: str, problem: str
) -> None:
    names = (
        "api/shoes.py", "api/schemas/shoes.py", "domain/shoes.py", "tests/api/test_shoes.py",
        "listeners/boots.py", "listeners/schemas/boots.py",
    )  # fmt: skip
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("blueprint = Blueprint(...)\n", encoding="utf-8")
    assert problems_with_nouns(tmp_path) == []
    (tmp_path / missing).unlink()
    assert problems_with_nouns(tmp_path) == [problem]


@pytest.mark.parametrize("service", SERVICES)
def test_the_places_where_parts_meet_define_the_same_names(service: str) -> None:
    for filename, wanted in (
        ("app.py", "create_app"), ("worker.py", "create_worker"), ("api/__init__.py", "register"),
        ("commands/__init__.py", "register_commands"), ("parts.py", "Parts"),
        ("parts.py", "parts"), ("jobs/pruning.py", "prune"),
    ):  # fmt: skip
        tree = ast.parse((ROOT / service / filename).read_text(encoding="utf-8"))
        names = {
            node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        assert wanted in names, f"{service}/{filename}"


def test_on_conflict_is_chosen_in_one_place_only() -> None:
    found = {
        str(path.relative_to(ROOT))
        for package in (*SERVICES, "shared")
        for path in (ROOT / package).rglob("*.py")
        if "/tests/" not in str(path) and ".on_conflict_do_" in path.read_text(encoding="utf-8")
    }
    # the embedded bus is a broker: its file is SQLite and nothing else
    assert found == {"shared/database.py", "shared/events/sqlite_bus.py"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    found = [
        str(path.relative_to(ROOT))
        for package in (*SERVICES, "shared", "gateway", "portal")
        for path in (ROOT / package).rglob("*.py")
        if BANNED_NAMES.search(path.stem)
    ]
    assert found == []


def test_transactions_open_in_one_place_only() -> None:
    words = re.compile(r"\.(commit|rollback)\(|(?<![\w.])Session\(")
    allowed = {"shared/database.py"}
    found = []
    for package in (*SERVICES, "shared"):
        for path in (ROOT / package).rglob("*.py"):
            name = str(path.relative_to(ROOT))
            if name in allowed or "/tests/" in name or "/sqlite_bus.py" in name:
                continue  # the embedded bus is a broker: its file is nobody's domain database
            if words.search(path.read_text(encoding="utf-8")):
                found.append(name)
    assert found == []


def test_only_the_adapter_imports_pika() -> None:
    found = {
        str(path.relative_to(ROOT))
        for package in (*SERVICES, "shared", "gateway", "portal")
        for path in (ROOT / package).rglob("*.py")
        if "/tests/" not in str(path)
        and re.search(r"^\s*(import|from) pika\b", path.read_text(encoding="utf-8"), re.M)
    }
    assert found == {"shared/events/amqp.py"}


def test_the_product_holds_no_crash_point() -> None:
    words = re.compile(r"crash_?point|fault_?inject|SIMULATE_|CHAOS_", re.I)
    found = [
        str(path.relative_to(ROOT))
        for package in (*SERVICES, "shared", "gateway", "portal")
        for path in (ROOT / package).rglob("*.py")
        if "/tests/" not in str(path) and words.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
