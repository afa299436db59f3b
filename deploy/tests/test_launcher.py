"""The launcher starts everything, brings back the dead and leaves nothing behind."""

import ctypes
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from auth_service.settings import Settings
from deploy.launcher.admin_command import admin_command
from deploy.launcher.platform import Platform
from deploy.launcher.procfile import read_procfile
from deploy.launcher.settings import LauncherSettings
from deploy.tests.project import REPOSITORY, Project, is_alive, wait_until
from shared.settings import BadSettings

STOP_SECONDS = 10


def test_every_process_of_the_procfile_runs_after_the_migrations(project: Project) -> None:
    project.start_ready()

    wait_until(project.everything_started)
    for service in ("auth", "profile", "booking", "chat", "notification"):
        assert (project.data / f"{service}_service.migrated").exists()
    assert not (project.data / "gateway.migrated").exists()
    with urllib.request.urlopen(f"http://127.0.0.1:{project.port}/readyz", timeout=5) as answer:
        assert json.load(answer) == {"status": "ready"}


def test_the_first_lines_say_where_everything_is(project: Project) -> None:
    project.start_ready(DEMO="on", MAIL_URL="smtp://somebody:secret@mail.example:2525")

    first_lines = project.output().split("\nready: ")[0]
    for word in ("/docs", "make admin", "data/demo-accounts.json", "smtp://mail.example:2525"):
        assert word in first_lines
    assert f"http://127.0.0.1:{project.port}" in first_lines
    assert "secret" not in first_lines


def test_the_printed_admin_command_names_this_platforms_data_and_database(project: Project) -> None:
    keys = project.root / "keys of ours"
    keys.write_text("stand-ins read none")
    project.start_ready(
        DATA_DIR=str(project.root / "data"),
        DATABASE_URL_TEMPLATE="postgresql://hearth:secret@db.example/hearth_{service}",
        INTERNAL_KEY="a secret of thirty-two characters",
        SIGNING_KEY_FILE=str(keys),
    )

    (line,) = [one for one in project.output().splitlines() if "make admin" in one]
    words = shlex.split(line.removeprefix("  make an admin  "))
    assert words[:2] == ["make", "admin"]
    assert set(words[2:]) == {
        "DATABASE_URL_TEMPLATE=postgresql://hearth:<password>@db.example/hearth_{service}",
        "INTERNAL_KEY=<key>",
        f"SIGNING_KEY_FILE={keys}",
        "EMAIL=you@example.org",
        "PASSWORD_FILE=password.txt",
    }


def test_another_data_folder_stands_in_the_printed_admin_command(tmp_path: Path) -> None:
    settings = LauncherSettings.from_env({"DATA_DIR": str(tmp_path / "some $data")})

    command = admin_command(settings)

    assert shlex.split(command)[2] == f"DATA_DIR={tmp_path}/some $$data", "make halves the dollars"


def test_production_gets_every_setting_it_refuses_to_go_without() -> None:
    needed = {"AUTH_DATABASE_URL": "postgresql://u@db/x", "BROKER_URL": "amqp://u@broker/"}
    names = ("TOKEN_PUBLIC_KEYS", "INTERNAL_KEY", "SIGNING_KEY", "SEALING_PUBLIC_KEY")
    files = {f"{name}_FILE": f"/run/{name}" for name in (*names, "CODE_HMAC_KEY")}
    environment = {"HEARTH_ENV": "production", **needed, **files}
    with pytest.raises(BadSettings) as refused:
        Settings.from_env({"HEARTH_ENV": "production"})
    missing = {line.partition(":")[0] for line in str(refused.value).splitlines()}

    words = shlex.split(admin_command(LauncherSettings.from_env(environment)))

    said = {word.partition("=")[0].removesuffix("_FILE") for word in words}
    assert missing <= said


def test_every_setting_of_the_launcher_may_stand_in_a_file(project: Project) -> None:
    files = {
        "PUBLIC_URL": "https://hearth.example.org",
        "PORT": str(project.port),
        "DATA_DIR": str(project.data),
        "SERVICE": "auth_service",
        "DEMO": "off",
        "MEMORY_MEGABYTES": "512",
        "MAIL_URL": "smtp://somebody:secret@mail.example:2525",
        "HEARTH_ENV": "production",
        "AUTH_URL": "http://127.0.0.1:7001",
        "BIND_HOST": "127.0.0.2",
    }
    environment = {}
    for name, value in files.items():
        (project.root / name).write_text(value + "\n")
        environment[f"{name}_FILE"] = str(project.root / name)

    settings = LauncherSettings.from_env(environment)

    assert settings.public_url == files["PUBLIC_URL"]
    assert settings.environment_of("auth")["PUBLIC_URL"] == files["PUBLIC_URL"]
    assert settings.gateway_port == project.port
    assert settings.data_directory == project.data
    assert settings.service == "auth_service"
    assert not settings.has_demo_data
    assert settings.memory_megabytes == 512
    assert settings.mail_place == "smtp://mail.example:2525"
    assert settings.is_production
    assert settings.service_port("auth") == 7001
    assert "AUTH_URL" not in settings.environment_of("gateway"), "the process reads the file itself"
    commands = read_procfile(REPOSITORY / "Procfile")
    whole = LauncherSettings.from_env({**environment, "SERVICE_FILE": ""})
    assert Platform.of(whole, commands).url == f"http://127.0.0.2:{project.port}"


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("::", "[::1]"),
        ("[::]", "[::1]"),
        ("2001:db8::1", "[2001:db8::1]"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - what an operator may write
        ("", "127.0.0.1"),
    ],
)
def test_the_launcher_asks_where_the_gateway_listens(
    host: str, asked: str, project: Project
) -> None:
    commands = read_procfile(REPOSITORY / "Procfile")
    settings = LauncherSettings.from_env({"BIND_HOST": host, "PORT": str(project.port)})
    assert Platform.of(settings, commands).url == f"http://{asked}:{project.port}"


def test_a_setting_goes_before_its_file_and_a_lost_file_is_one_clear_line(
    project: Project,
) -> None:
    both = {"PORT": "9000", "PORT_FILE": "/nowhere"}
    assert LauncherSettings.from_env(both).gateway_port == 9000

    assert project.start(PUBLIC_URL_FILE="/nowhere").wait(timeout=20) == 1

    assert project.complaints() == (
        "hearth cannot start: PUBLIC_URL_FILE: the file cannot be read\n"
    )


def test_the_gateway_starts_when_auth_is_ready(project: Project) -> None:
    project.start_ready()

    started = {path.name: path.stat().st_mtime for path in (project.data / "pids").iterdir()}
    (auth,) = [at for name, at in started.items() if name.startswith("auth_service:web.")]
    (gateway,) = [at for name, at in started.items() if name.startswith("gateway:web.")]
    assert auth < gateway


def test_an_auth_that_does_not_come_up_holds_the_gateway_up_for_seconds_only(
    project: Project,
) -> None:
    project.start(STAND_IN_BROKEN="auth_service:web")

    wait_until(lambda: (project.data / "pids").exists() and bool(project.processes("gateway")), 30)


def test_the_console_shows_warnings_and_the_file_shows_everything(project: Project) -> None:
    project.start_ready()
    log = project.data / "logs" / "auth-worker.log"
    wait_until(lambda: log.exists() and "loud line" in log.read_text())
    wait_until(lambda: "auth_service:worker loud line" in project.output())

    assert "quiet line" in log.read_text()
    assert "quiet line" not in project.output()


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["Ctrl-C", "SIGTERM", "SIGHUP"]
)
def test_a_signal_stops_everything_and_exits_with_0(
    project: Project, number: signal.Signals
) -> None:
    launcher = project.start_ready()
    wait_until(project.everything_started)

    launcher.send_signal(number)

    assert launcher.wait(timeout=STOP_SECONDS) == 0
    assert project.processes() == []
    assert project.complaints() == ""


def test_a_background_job_of_a_script_stops_on_sigint_too(project: Project) -> None:
    script = (
        f"{sys.executable} -m deploy.launcher & echo $!; wait"  # the shell ignores SIGINT there
    )
    project.run(["/bin/sh", "-c", script])
    wait_until(lambda: "\nready: " in project.output(), 60)
    launcher = int(project.output().split(maxsplit=1)[0])

    os.kill(launcher, signal.SIGINT)

    assert project.launchers[0].wait(timeout=STOP_SECONDS) == 0
    assert project.processes() == []


def test_a_signal_during_the_start_stops_everything_too(project: Project) -> None:
    launcher = project.start()
    wait_until(lambda: (project.data / "pids").exists() and bool(project.processes()))

    launcher.send_signal(signal.SIGINT)

    assert launcher.wait(timeout=STOP_SECONDS) == 0
    assert project.processes() == []


def test_a_process_that_ignores_sigterm_is_killed_in_time(project: Project) -> None:
    stubborn = "gateway:web auth_service:web booking_service:web chat_service:worker"
    launcher = project.start_ready(STAND_IN_STUBBORN=stubborn)
    wait_until(project.everything_started)

    launcher.send_signal(signal.SIGINT)

    assert launcher.wait(timeout=STOP_SECONDS) == 0
    assert project.processes() == []


def test_a_second_ctrl_c_does_not_wait(project: Project) -> None:
    stubborn = "gateway:web booking_service:web chat_service:worker"  # one after the other: 7.5 s
    launcher = project.start_ready(STAND_IN_STUBBORN=stubborn)
    wait_until(project.everything_started)
    launcher.send_signal(signal.SIGINT)
    wait_until(lambda: "stopping" in project.output())

    launcher.send_signal(signal.SIGINT)

    assert launcher.wait(timeout=5) == 0
    assert project.processes() == []


def test_a_killed_process_comes_back_and_its_grandchild_does_not_stay(project: Project) -> None:
    project.start_ready()
    wait_until(project.everything_started)
    (killed,) = project.processes("booking_service:worker.")
    (orphan,) = project.processes("booking_service:worker:grandchild")

    os.kill(killed, signal.SIGKILL)

    wait_until(
        lambda: (
            [*project.processes("booking_service:worker."), killed] != [killed, killed]
            and len(project.processes("booking_service:worker.")) == 1
            and killed not in project.processes("booking_service:worker.")
        )
    )
    assert not is_alive(orphan)
    assert "booking-worker" in project.output()
    assert "SIGKILL" in project.output()


def test_the_pause_before_a_restart_grows(project: Project) -> None:
    project.start_ready(STAND_IN_BROKEN="chat_service:worker")

    wait_until(lambda: "it comes back in 0.5 s" in project.output())
    wait_until(lambda: "it comes back in 1 s" in project.output())
    wait_until(lambda: "it comes back in 2 s" in project.output())


def test_a_killed_launcher_leaves_nothing_behind(project: Project) -> None:
    launcher = project.start_ready(STAND_IN_STUBBORN="gateway:web auth_service:worker")
    wait_until(project.everything_started)

    launcher.kill()
    launcher.wait()

    wait_until(lambda: project.processes() == [], STOP_SECONDS)
    project.start_ready()


def test_a_closed_terminal_stops_everything(project: Project) -> None:
    """The launcher below a shell-like parent that waits for it and ignores the hang-up, as make."""
    program = (
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGHUP, lambda *_: None)\n"
        "sys.exit(subprocess.call([sys.executable, '-m', 'deploy.launcher']))\n"
    )
    parent, terminal = os.forkpty()
    if parent == 0:
        os.chdir(project.root)
        os.execve(sys.executable, [sys.executable, "-c", program], project.environment())  # noqa: S606
    seen = b""
    while b"ready: " not in seen:
        seen += os.read(terminal, 4096)
    wait_until(project.everything_started)

    os.close(terminal)

    wait_until(lambda: not is_alive(parent), STOP_SECONDS)
    assert os.waitstatus_to_exitcode(os.waitpid(parent, 0)[1]) == 0
    assert project.processes() == []


def test_ctrl_c_in_a_terminal_lets_make_exit_with_0(project: Project) -> None:
    (project.root / "Makefile").write_text(f"run:\n\t@{sys.executable} -m deploy.launcher\n")
    make, terminal = os.forkpty()
    if make == 0:
        os.chdir(project.root)
        os.execvpe("make", ["make", "run"], project.environment())  # noqa: S606
    seen = b""
    while b"ready: " not in seen:
        seen += os.read(terminal, 4096)

    os.write(terminal, b"\x03")
    while b"stopped" not in seen:
        seen += os.read(terminal, 4096)

    wait_until(lambda: not is_alive(make), STOP_SECONDS)
    assert os.waitstatus_to_exitcode(os.waitpid(make, 0)[1]) == 0
    assert project.processes() == []
    os.close(terminal)


def test_a_killed_make_takes_everything_with_it(project: Project) -> None:
    (project.root / "Makefile").write_text(f"run:\n\t@{sys.executable} -m deploy.launcher\n")
    make = project.run(["make", "run"])
    wait_until(lambda: "\nready: " in project.output(), 60)

    make.kill()
    make.wait()

    wait_until(lambda: project.processes() == [], STOP_SECONDS)


def refused(project: Project, **more: str) -> str:
    """Run a launcher that must end with 1 and give the one line it complains with."""
    already = project.complaints() if (project.root / "err").exists() else ""
    launcher = project.start(**more)
    assert launcher.wait(timeout=30) == 1
    (line,) = project.complaints().removeprefix(already).splitlines()
    return line


@pytest.mark.parametrize("offset", [0, 3], ids=["the gateway's", "a service's"])
def test_a_taken_port_is_one_clear_line(project: Project, offset: int) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", project.port + offset))
        other.listen()

        line = refused(project)

    assert f"port {project.port + offset}" in line
    assert "PORT=" in line
    assert not (project.data / "pids").exists()


def test_a_second_start_on_the_same_folder_is_one_clear_line(project: Project) -> None:
    first = project.start_ready()

    line = refused(project, PORT=str(project.port + 100))

    assert "already runs" in line
    assert str(first.pid) in line
    assert first.poll() is None
    wait_until(project.everything_started)


def test_a_second_start_after_the_first_finds_its_data_and_keys(project: Project) -> None:
    project.start_ready().send_signal(signal.SIGINT)
    project.launchers[-1].wait(timeout=STOP_SECONDS)
    keys = {path.name: path.read_bytes() for path in (project.data / "keys").glob("*.*")}
    (project.root / "out").write_text("")

    project.start_ready()

    assert {path.name: path.read_bytes() for path in (project.data / "keys").glob("*.*")} == keys


def test_a_data_folder_below_a_file_is_one_clear_line(project: Project) -> None:
    (project.root / "file").write_text("")

    line = refused(project, DATA_DIR=str(project.root / "file" / "data"))

    assert "cannot be written" in line


def give_up_roots_right_to_ignore_permissions() -> None:
    """Drop CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH from what an exec may keep."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2):
        if libc.prctl(24, capability, 0, 0, 0) != 0:  # PR_CAPBSET_DROP
            raise OSError(ctypes.get_errno(), "PR_CAPBSET_DROP")


def test_a_read_only_data_folder_is_one_clear_line(project: Project) -> None:
    project.data.mkdir()
    project.data.chmod(0o555)
    answer = subprocess.run(
        [sys.executable, "-m", "deploy.launcher"],
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        text=True,
        timeout=30,
        preexec_fn=give_up_roots_right_to_ignore_permissions if os.geteuid() == 0 else None,
        check=False,
    )

    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert "cannot be written" in line
    assert str(project.data) in line


def test_nothing_in_the_data_folder_is_readable_by_others(project: Project) -> None:
    project.start_ready()
    wait_until(project.everything_started)

    made = [project.data, *project.data.rglob("*")]
    assert len(made) > 20
    assert {path.name for path in made if path.stat().st_mode & 0o077} == set()


def test_a_failed_migration_starts_nothing_and_shows_why(project: Project) -> None:
    launcher = project.start(STAND_IN_BROKEN="profile_service:migrate")

    assert launcher.wait(timeout=30) == 1
    (line,) = project.complaints().splitlines()
    assert "profile-migrate" in line
    assert "is broken on purpose" in project.output()
    assert not list((project.data / "pids").glob("*:web.*"))


def test_one_service_runs_alone_with_a_way_to_a_token(project: Project) -> None:
    project.start_ready(SERVICE="booking_service")
    wait_until(lambda: len(project.processes()) == 3)

    assert len(project.processes("booking_service:")) == 3
    assert not (project.data / "auth_service.migrated").exists()
    port = project.port + 3
    assert f"ready: http://127.0.0.1:{port}" in project.output()
    assert "python -m shared.keys dev-token" in project.output()


def test_an_unknown_service_is_one_clear_line(project: Project) -> None:
    line = refused(project, SERVICE="bookings")

    assert "booking_service" in line


@pytest.mark.parametrize(
    "setting", [{"PORT": "eight"}, {"DEMO": "perhaps"}, {"AUTH_URL": "http://host"}]
)
def test_a_bad_setting_is_one_clear_line_that_names_it(
    project: Project, setting: dict[str, str]
) -> None:
    line = refused(project, **setting)

    assert next(iter(setting)) in line


def test_no_process_may_take_more_memory_than_it_is_given(project: Project) -> None:
    project.start_ready(MEMORY_MEGABYTES="300")
    wait_until(project.everything_started)

    for process in project.processes("chat_service:web"):
        limits = Path(f"/proc/{process}/limits").read_text()
        (line,) = [line for line in limits.splitlines() if line.startswith("Max data size")]
        assert line.split()[3:5] == [str(300 * 1024 * 1024)] * 2
