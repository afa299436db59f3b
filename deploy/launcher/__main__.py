"""`python -m deploy.launcher`: run the platform, or one service, until somebody asks to stop."""

import os
import signal
import sys
import time
from pathlib import Path

from deploy.launcher.admin_command import admin_command
from deploy.launcher.child import ProcessPlan, die_with_parent
from deploy.launcher.console import Console
from deploy.launcher.forked import load_modules
from deploy.launcher.platform import GATEWAY, Platform
from deploy.launcher.preparation import (
    is_demo_data_pending,
    make_keys,
    note_demo_data_loaded,
    own_data_folder,
    require_free_ports,
)
from deploy.launcher.procfile import read_procfile
from deploy.launcher.refusals import MigrationFailed, Refused
from deploy.launcher.settings import LauncherSettings
from deploy.launcher.supervisor import Supervisor
from deploy.launcher.terminal import Terminal

_LINES_OF_A_FAILED_MIGRATION = 15


def main() -> int:
    """Run until told to stop; give the exit code."""
    os.umask(0o077)  # databases, logs and keys are nobody else's business
    console = Console()
    try:
        settings = LauncherSettings.from_env(os.environ)
        platform = Platform.of(settings, read_procfile(Path("Procfile")))
        with own_data_folder(settings.data_directory):
            require_free_ports(platform.ports)
            if not settings.is_production:
                make_keys(settings.data_directory)
            _run(platform, console)
    except Refused as refusal:
        console.complain(f"hearth cannot start: {refusal}")
        return 1
    except KeyboardInterrupt:  # before the supervisor listens to signals nothing has been started
        return 0
    return 0


def _run(platform: Platform, console: Console) -> None:
    settings = platform.settings
    if settings.is_started_by_make:
        die_with_parent(signal.SIGTERM)
    terminal = Terminal()
    terminal.take_foreground()
    _greet(platform, console)
    try:
        with Supervisor(console, settings.data_directory / "logs", terminal) as supervisor:
            started_at = time.monotonic()
            load_modules(platform.packages)
            _migrate(platform, supervisor, console)
            _start(platform, supervisor)
            _announce_when_ready(platform, supervisor, console, started_at)
            supervisor.watch_until(lambda: False)
            console.say("stopping …")
        console.say("stopped")
    finally:
        terminal.give_back()


def _migrate(platform: Platform, supervisor: Supervisor, console: Console) -> None:
    migrations = [supervisor.run_once(plan) for plan in platform.migrations]
    supervisor.watch_until(lambda: all(migration.has_ended for migration in migrations))
    if supervisor.is_stopping:
        return
    failed = [migration.plan.name for migration in migrations if migration.exit_code != 0]
    for name in failed:
        for line in supervisor.last_log_lines(name, _LINES_OF_A_FAILED_MIGRATION):
            console.show(name, line)
    if failed:
        message = f"{', '.join(failed)} failed; see {platform.settings.data_directory / 'logs'}"
        raise MigrationFailed(message)


def _start(platform: Platform, supervisor: Supervisor) -> None:
    for plan in platform.processes:
        if plan.name == GATEWAY and platform.waiting_for_auth is not None:
            _run_to_its_end(platform.waiting_for_auth, supervisor)
        if supervisor.is_stopping:
            return
        supervisor.keep_running(plan)


def _run_to_its_end(plan: ProcessPlan, supervisor: Supervisor) -> int | None:
    """Give the exit code; None when somebody asked to stop meanwhile."""
    process = supervisor.run_once(plan)
    supervisor.watch_until(lambda: process.has_ended)
    return process.exit_code


def _announce_when_ready(
    platform: Platform, supervisor: Supervisor, console: Console, started_at: float
) -> None:
    if supervisor.is_stopping:
        return
    _run_to_its_end(platform.waiting, supervisor)
    if supervisor.is_stopping:
        return
    settings = platform.settings
    is_demo_wanted = settings.has_demo_data and not settings.service
    if is_demo_wanted and is_demo_data_pending(settings.data_directory):
        _load_demo_data(platform, supervisor, console)
    if not supervisor.is_stopping:
        console.say(f"ready: {platform.url} (after {time.monotonic() - started_at:.1f} s)")


def _load_demo_data(platform: Platform, supervisor: Supervisor, console: Console) -> None:
    console.say("everything runs; loading the demo therapists …")
    if _run_to_its_end(platform.demo_data, supervisor) == 0:
        note_demo_data_loaded(platform.settings.data_directory)
    elif not supervisor.is_stopping:
        console.complain("the demo data was not loaded whole; the next start goes on with it")


def _greet(platform: Platform, console: Console) -> None:
    settings = platform.settings
    data = _short(settings.data_directory)
    console.say(f"Hearth: {settings.service or 'gateway, five services, portal'}, Ctrl-C stops")
    if settings.service:
        python = _short(Path(sys.executable))
        token = f"DATA_DIR={data} {python} -m shared.keys dev-token --role client --account-id 1"
        console.say(f"  URL            {platform.url}")
        console.say(f"  a token        TOKEN=$({token})")
        console.say(
            f'  a request      curl -H "Authorization: Bearer $TOKEN" {platform.url}/api/v1/…'
        )
    else:
        console.say(f"  URL            {settings.public_url}")
        console.say(f"  pages          {settings.public_url}/app/")
        console.say(f"  docs           {settings.public_url}/docs")
        console.say(f"  mails          {settings.mail_place}")
        console.say(f"  make an admin  {admin_command(settings)}")
        if settings.has_demo_data:
            console.say(f"  demo accounts  {data}/demo-accounts.json")
    console.say(f"  logs           {data}/logs")


def _short(path: Path) -> str:
    """Spell a path below the working directory without it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


if __name__ == "__main__":
    sys.exit(main())
