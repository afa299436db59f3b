"""One list of commands and one set of settings, however the platform is run."""

import contextlib
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.compose.make_secrets import make_secrets
from deploy.environment import PACKAGES
from deploy.environment import SERVICES as SERVICE_PACKAGES
from deploy.launcher.platform import Platform
from deploy.launcher.procfile import read_procfile
from deploy.launcher.settings import LauncherSettings
from shared.keys import make_development_keys
from shared.settings import PORTAL, SERVICES, BadSettings
from tests import running_platform

REPOSITORY = Path(__file__).parents[2]
COMMANDS = read_procfile(REPOSITORY / "Procfile")
COMPOSE_TEXT = (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(COMPOSE_TEXT)["services"]
TEST_COMPOSE = yaml.safe_load((REPOSITORY / "deploy/compose/test.yml").read_text())["services"]
OURS = {name: one for name, one in COMPOSE.items() if one["image"].startswith("hearth/")}
# What only compose itself, pip, Python or malloc read.
NOT_SETTINGS = {
    "IMAGE_TAG",
    *("AUTH_TAG", "PROFILE_TAG", "BOOKING_TAG", "CHAT_TAG", "NOTIFICATION_TAG"),
    *("PORTAL_TAG", "GATEWAY_TAG"),
    "SECRETS_DIRECTORY",
    "MAILPIT_PORT",
    "PATH",
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "MALLOC_ARENA_MAX",
}
# What a target of the Makefile takes for itself.
PARAMETERS = {
    *("EMAIL", "PASSWORD_FILE", "URL", "ADMIN_EMAIL", "ADMIN_PASSWORD_FILE"),
    *("ON", "MAILBOX", "MAILPIT"),
}
TEST_SETTINGS = {"REQUIRE_SERVICES", "TESTS", "WORKERS", "HEARTH_WRITE_EXAMPLES"}
OF_COMPOSE_COMMAND = {"COMPOSE", "COMPOSE_PROFILES"}


class Recorder(Mapping[str, str]):
    """An environment that notes which names are asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def settings_class(package: str) -> Any:
    return importlib.import_module(f"{package}.settings").Settings


def names_read_by(package: str) -> set[str]:
    recorder = Recorder()
    with contextlib.suppress(BadSettings):
        settings_class(package).from_env(recorder)
    return recorder.asked


def names_read_by_launcher() -> set[str]:
    recorder = Recorder()
    settings = LauncherSettings.from_env(recorder)
    assert settings.mail_place
    return recorder.asked | {"HEARTH_ENV"}


def every_name() -> set[str]:
    return names_read_by_launcher().union(*(names_read_by(package) for package in PACKAGES))


def without_files(names: set[str]) -> set[str]:
    """Leave out the `NAME_FILE` beside each name."""
    return {name for name in names if not name.endswith("_FILE")}


def package_of(service: Mapping[str, Any]) -> str:
    package: str = service["command"][2]
    return package


def test_compose_runs_the_commands_of_the_procfile_under_the_same_names() -> None:
    in_compose = {
        name: " ".join(one["command"])
        for name, one in OURS.items()
        if not name.endswith("-migrate")
    }
    assert in_compose == {one.name: f"python -m {one.package} {one.role}" for one in COMMANDS}


def test_compose_and_the_launcher_migrate_the_same_services() -> None:
    platform = Platform.of(LauncherSettings.from_env({}), COMMANDS)
    by_launcher = {plan.name: ["python", *plan.arguments[1:]] for plan in platform.migrations}
    in_compose = {name: one["command"] for name, one in OURS.items() if name.endswith("-migrate")}
    assert by_launcher == in_compose


def test_the_test_platform_and_the_launcher_start_the_same_commands() -> None:
    platform = Platform.of(LauncherSettings.from_env({}), COMMANDS)
    by_launcher = {plan.name: list(plan.arguments) for plan in platform.processes}
    assert running_platform.procfile() == by_launcher
    assert list(by_launcher)[-1] == "gateway", "it asks for all others"


def test_services_and_packages_are_the_same_in_the_same_order() -> None:
    assert ("gateway", *SERVICE_PACKAGES, PORTAL) == PACKAGES
    assert tuple(f"{service}_service" for service in SERVICES) == SERVICE_PACKAGES


def test_every_package_has_a_web_process_and_every_service_a_worker() -> None:
    assert [one.package for one in COMMANDS if one.role == "web"] == list(PACKAGES)
    assert [one.package for one in COMMANDS if one.role == "worker"] == list(SERVICE_PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_an_image_runs_the_web_process_and_takes_only_what_is_its_own(package: str) -> None:
    text = (REPOSITORY / package / "Dockerfile").read_text()

    assert f'\nCMD ["python", "-m", "{package}", "web"]' in text
    copied = [line.split()[1] for line in text.splitlines() if line.startswith("COPY ")]
    assert copied == [f"{package}/requirements.txt", "--from=build", "shared/", f"{package}/"]
    assert "\nUSER 10001\n" in text


def test_the_dockerfiles_differ_in_nothing_but_the_name() -> None:
    texts = {
        (REPOSITORY / package / "Dockerfile").read_text().replace(package, "<package>")
        for package in PACKAGES
    }
    assert len(texts) == 1


@pytest.mark.parametrize("name", OURS)
def test_every_setting_compose_gives_a_process_is_read_by_it(name: str) -> None:
    given = set(COMPOSE[name]["environment"]) | set(TEST_COMPOSE[name]["environment"])

    assert given <= names_read_by(package_of(COMPOSE[name]))


@pytest.mark.parametrize("name", OURS)
def test_what_compose_gives_is_all_that_production_needs(name: str, tmp_path: Path) -> None:
    make_secrets(tmp_path)
    files = yaml.safe_load(COMPOSE_TEXT)["secrets"]
    environment = {}
    for setting, raw in COMPOSE[name]["environment"].items():
        value = with_defaults(raw)
        if value.startswith("/run/secrets/"):
            secret = value.removeprefix("/run/secrets/")
            assert secret in COMPOSE[name]["secrets"], f"{name} is not given {secret}"
            value = str(tmp_path / files[secret]["file"].rpartition("/")[2])
        environment[setting] = value
    if "MAIL_URL" in environment:  # production has no default relay and no default sender
        assert environment["MAIL_URL"] == environment["MAIL_FROM"] == ""
        environment |= {"MAIL_URL": "smtp://relay.example", "MAIL_FROM": "no-reply@example.org"}

    settings = settings_class(package_of(COMPOSE[name])).from_env(environment)

    assert settings.is_production


def with_defaults(text: str) -> str:
    """Resolve `${NAME:-default}` as compose does when nothing is set, the innermost first."""
    inner = re.compile(r"\$\{\w+(?::-([^${}]*))?\}")
    while inner.search(text):
        text = inner.sub(lambda found: found[1] or "", text)
    return text


@pytest.mark.parametrize("package", SERVICE_PACKAGES)
def test_every_worker_has_its_health_command(package: str, tmp_path: Path) -> None:
    make_development_keys(tmp_path / "keys")
    answer = subprocess.run(
        [sys.executable, "-m", package, "worker-health"],
        cwd=REPOSITORY,
        env={"DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert answer.returncode == 1, "no worker runs on this data folder"
    assert "No such command" not in answer.stderr
    assert "Traceback" not in answer.stderr


def sign_of_life(package: str) -> str:
    """Give the file below DATA_DIR that compose looks at to tell whether a worker lives."""
    check = COMPOSE[f"{package.removesuffix('_service')}-worker"]["healthcheck"]["test"]
    (path,) = re.findall(r"find /data/(\S+) ", check[1])
    return str(path)


@pytest.mark.parametrize("package", SERVICE_PACKAGES)
def test_compose_looks_at_the_file_of_that_very_worker(package: str) -> None:
    assert sign_of_life(package) == f"tmp/{package}.worker"


def test_every_name_compose_takes_from_the_outside_exists() -> None:
    taken = set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT))

    assert {"HEARTH_ENV", "RATE_LIMIT_SCALE"} <= taken
    assert taken <= every_name() | NOT_SETTINGS


def test_the_example_environment_lists_every_setting_and_no_other() -> None:
    text = (REPOSITORY / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^#?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE)
    plugin = (REPOSITORY / "shared/testing/plugin.py").read_text(encoding="utf-8")
    of_tests = {"REQUIRE_SERVICES", *re.findall(r'environ.get\(\s*"(TEST_\w+)"', plugin)}
    of_compose = set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT)) | {"COMPOSE_PROFILES"}

    assert len(of_tests) == 4
    assert set(named) == without_files(every_name()) - {"MAKELEVEL"} | of_tests | of_compose
    assert len(named) == len(set(named)), "one place for each"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_readme_has_the_whole_table_of_what_its_package_reads(package: str) -> None:
    text = (REPOSITORY / package / "README.md").read_text(encoding="utf-8")
    _, _, settings = text.partition("## Settings\n")
    rows = [
        line.split("|")[1] for line in settings.partition("\n## ")[0].splitlines() if "|" in line
    ]
    named = [name for cell in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", cell)]

    assert set(named) == without_files(names_read_by(package))
    assert len(named) == len(set(named)), "one row for each"


def test_every_name_in_the_makefile_exists() -> None:
    text = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    own = set(re.findall(r"^([A-Z][A-Z0-9_]*)\s*[?:]?=", text, re.MULTILINE))
    named = set(re.findall(r"\b([A-Z][A-Z0-9_]{2,})=", text))
    named |= set(re.findall(r"\$\(([A-Z][A-Z0-9_]*)\)", text)) | {"MAIL_URL"}
    assert own >= {"PACKAGES", "SERVICES"}
    known = every_name() | own | PARAMETERS | TEST_SETTINGS | OF_COMPOSE_COMMAND

    assert named - {"MAKEFILE_LIST"} <= known


@pytest.mark.parametrize("package", PACKAGES)
def test_every_setting_an_image_sets_is_read(package: str) -> None:
    text = (REPOSITORY / package / "Dockerfile").read_text()
    named = set(re.findall(r"\b([A-Z][A-Z0-9_]+)=\S", text))

    assert {"HEARTH_ENV", "PORT"} <= named
    assert named <= names_read_by(package) | NOT_SETTINGS


def made(folder: Path, target: str, compose: str, **given: str) -> str:
    """Give what `make <target>` prints in a folder with nothing but Makefile and Procfile."""
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/python").symlink_to("/bin/true")
    for name in ("Makefile", "Procfile"):
        shutil.copy(REPOSITORY / name, folder)
    assignments = [f"{name}={value}" for name, value in given.items()]
    return subprocess.run(
        ["make", target, "PYTHON3=true", f"COMPOSE={compose}", *assignments],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout


MAILPIT = {
    "MAIL_URL": "smtp://mailpit:1025",
    "MAIL_FROM": "Hearth <no-reply@hearth.example>",
    "COMPOSE_PROFILES": "dev",
}


@pytest.mark.parametrize(
    ("env_file", "given", "reaching"),
    [
        ("", {}, MAILPIT),
        ("MAIL_FROM=us@example.org\n", {}, {**MAILPIT, "MAIL_FROM": None}),
        ("", {"COMPOSE_PROFILES": "other"}, {**MAILPIT, "COMPOSE_PROFILES": "other"}),
        ("MAIL_URL=smtp://relay\nMAIL_FROM=us@example.org\n", {}, {}),
        ("", {"MAIL_URL": "smtp://relay"}, {"MAIL_URL": "smtp://relay"}),
    ],
    ids=["nothing", "a-sender", "another-profile", "a-relay-in-the-file", "a-relay"],
)
def test_compose_up_takes_mailpit_only_when_nobody_names_a_relay(
    env_file: str, given: dict[str, str], reaching: dict[str, str | None], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(env_file)

    lines = made(tmp_path, "compose-up", "env ; true", **given).splitlines()

    environment = dict(line.split("=", 1) for line in lines if "=" in line)
    found = {name: environment.get(name) for name in MAILPIT}
    assert found == {name: reaching.get(name) for name in MAILPIT}


def test_the_makefile_takes_its_packages_from_the_procfile(tmp_path: Path) -> None:
    said = made(tmp_path, "types", "true", PYTHON="@echo")
    assert said.split()[-len(PACKAGES) :] == list(PACKAGES)


@pytest.mark.parametrize(
    ("name", "pattern", "wanted"),
    [
        ("requirements-dev.in", r"^-r (\w+)/requirements\.in$", PACKAGES),
        ("deploy/compose/postgres-init.sh", r"^for service in (.*); do$", SERVICES),
        (".dockerignore", r"^!(\w+)$", ("shared", *PACKAGES)),
        ("pyproject.toml", r"^testpaths = \[(.*)\]$", ("shared", *PACKAGES, "deploy", "tests")),
        ("pyproject.toml", r"^source = \[(.*)\]$", ("shared", *PACKAGES)),
        ("pyproject.toml", r"^known_first_party = \[(.*)\]$", ("shared", *PACKAGES)),
        (".importlinter", r"^root_packages =\n((?:    \w+\n)+)", ("shared", *PACKAGES)),
        (".importlinter", r"^containers =\n((?:    \w+\n)+)", SERVICE_PACKAGES),
        (".importlinter", r"^type = independence\nmodules =\n((?:    \w+\n)+)", PACKAGES),
        (
            ".importlinter",
            r"^forbidden_modules =\n((?:    \w+_service\n|    gateway\n|    portal\n)+)",
            PACKAGES,
        ),
    ],
)
def test_every_list_of_packages_is_whole(name: str, pattern: str, wanted: tuple[str, ...]) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    found = re.findall(pattern, text, re.MULTILINE)

    assert re.findall(r"\w+", " ".join(found)) == list(wanted)


# What the stack decides by itself, and what only the launcher, compose itself or tests read.
_NOT_PASSED_ON = {
    "DATA_DIR", "DATABASE_URL_TEMPLATE", "BIND_HOST", "WEB_THREADS", "SERVICE", "DEMO",
    "MEMORY_MEGABYTES", "COMPOSE_PROFILES", "TEST_POSTGRESQL_URL", "TEST_RABBITMQ_URL",
    "TEST_REDIS_URL", "REQUIRE_SERVICES",
}  # fmt: skip


def test_compose_passes_on_every_setting_of_the_example() -> None:
    example = (REPOSITORY / ".env.example").read_text(encoding="utf-8")
    compose = (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
    names = set(re.findall(r"^#([A-Z_]+)=", example, re.MULTILINE))
    passed = {name for name in names if re.search(rf"\b{name}(_FILE)?\b", compose)}
    assert names - passed == _NOT_PASSED_ON


def test_help_lists_every_target_with_a_word() -> None:
    text = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE)) - {"runtime", "development"}
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout
    described = {line.split()[0] for line in shown.splitlines() if len(line.split()) > 1}

    assert targets == described


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["admin"], "name it: make admin EMAIL=… PASSWORD_FILE=…"),
        (["admin", "EMAIL=admin@clinic.example"], "name it: make admin EMAIL=… PASSWORD_FILE=…"),
        (["compose-admin"], "name it: make compose-admin EMAIL=… PASSWORD_FILE=…"),
        (
            ["compose-admin", "EMAIL=admin@clinic.example", "PASSWORD_FILE=/nowhere/password.txt"],
            "the file /nowhere/password.txt cannot be read",
        ),
    ],
)
def test_a_target_says_which_words_it_needs(words: list[str], said: str) -> None:
    ended = subprocess.run(
        ["make", "PYTHON3=true", "PYTHON=false", "COMPOSE=false", *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (ended.returncode, ended.stderr.splitlines()[0]) == (2, said)


def test_development_installs_what_every_image_installs() -> None:
    def pins(path: Path) -> set[str]:
        return set(re.findall(r"^[a-z0-9._-]+==[^\s\\]+", path.read_text(), re.MULTILINE))

    development = pins(REPOSITORY / "requirements-dev.txt")
    for package in PACKAGES:
        lock = pins(REPOSITORY / package / "requirements.txt")
        assert len(lock) > 20
        assert lock <= development, package


def test_no_lock_names_a_registry() -> None:
    for path in [*REPOSITORY.glob("*requirements*"), *REPOSITORY.glob("*/requirements*")]:
        assert not re.search(r"https?://|file://|--find-links|--index-url", path.read_text()), path


@pytest.mark.parametrize(
    ("package", "kept_out"),
    [
        ("gateway", ("sqlalchemy", "psycopg", "alembic")),
        (PORTAL, ("sqlalchemy", "psycopg", "alembic", "pika")),
    ],
)
def test_gateway_and_portal_carry_no_database_and_the_portal_no_broker(
    package: str, kept_out: tuple[str, ...]
) -> None:
    lock = (REPOSITORY / package / "requirements.txt").read_text()
    for name in kept_out:
        assert f"\n{name}==" not in f"\n{lock}"


def test_this_interpreter_is_one_the_makefile_accepts() -> None:
    assert sys.version_info >= (3, 11)
