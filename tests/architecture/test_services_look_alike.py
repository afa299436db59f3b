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
    "app.py", "worker.py", "settings.py", "errors.py", "api/__init__.py",
    "api/schemas/__init__.py", "listeners/__init__.py", "listeners/schemas/__init__.py",
    "jobs/__init__.py", "commands/__init__.py", "domain/__init__.py", "events/__init__.py",
    "queries/__init__.py", "models/__init__.py", "models/tables.py", "models/messaging.py",
    "clients/__init__.py", "migrations/env.py", "migrations/script.py.mako", "tests/conftest.py",
    "tests/factories.py",
)  # fmt: skip
FOLDERS = frozenset(
    {
        "api", "listeners", "jobs", "commands", "domain", "events", "queries", "models", "clients",
        "migrations", "tests", "templates", "programme",
    }
)  # fmt: skip
BANNED_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|misc|managers?|base)($|_)")


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_every_part(service: str) -> None:
    missing = [name for name in FILES if not (ROOT / service / name).is_file()]
    assert missing == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_has_a_folder_of_its_own_kind(service: str) -> None:
    folders = {
        path.name
        for path in (ROOT / service).iterdir()
        if path.is_dir() and not path.name.startswith(("__", "."))
    }
    assert folders <= FOLDERS


@pytest.mark.parametrize("service", SERVICES)
def test_a_noun_has_one_filename_in_every_layer(service: str) -> None:
    nouns = {
        path.stem
        for path in (ROOT / service / "api").glob("*.py")
        if "blueprint = Blueprint(" in path.read_text(encoding="utf-8")
    }
    assert nouns, "the service has resources"
    schemas = {path.stem for path in (ROOT / service / "api" / "schemas").glob("*.py")}
    domain = {path.stem for path in (ROOT / service / "domain").glob("*.py")}
    assert nouns - schemas - domain == set()


@pytest.mark.parametrize("service", SERVICES)
def test_the_places_where_parts_meet_define_the_same_names(service: str) -> None:
    for filename, wanted in (
        ("app.py", "create_app"), ("worker.py", "create_worker"), ("api/__init__.py", "register"),
        ("commands/__init__.py", "register_commands"),
    ):  # fmt: skip
        tree = ast.parse((ROOT / service / filename).read_text(encoding="utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert wanted in names, f"{service}/{filename}"


def test_no_module_has_a_name_that_says_nothing() -> None:
    found = [
        str(path.relative_to(ROOT))
        for package in (*SERVICES, "shared", "gateway")
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
        for package in (*SERVICES, "shared", "gateway")
        for path in (ROOT / package).rglob("*.py")
        if "/tests/" not in str(path)
        and re.search(r"^\s*(import|from) pika\b", path.read_text(encoding="utf-8"), re.M)
    }
    assert found == {"shared/events/amqp.py"}


def test_the_product_holds_no_crash_point() -> None:
    words = re.compile(r"crash_?point|fault_?inject|SIMULATE_|CHAOS_", re.I)
    found = [
        str(path.relative_to(ROOT))
        for package in (*SERVICES, "shared", "gateway")
        for path in (ROOT / package).rglob("*.py")
        if "/tests/" not in str(path) and words.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
