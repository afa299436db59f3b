"""The commands every service has: `web`, `worker`, `migrate`, `audit-verify`, `openapi`, `events`,
`worker-health`; each service adds its own beside them (Click).
"""

import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import click
from flask import Flask

from shared.audit_entries import judge_audit_entries
from shared.database import Database
from shared.gunicorn import serve
from shared.http.app import api_of
from shared.logs import configure_logs
from shared.metrics import share_metrics
from shared.migrations import migrate, service_role_beside
from shared.settings import BadSettings, ServiceSettings


class RunnableWorker(Protocol):
    """What `create_worker` returns: runs until it is told to stop, then gives the exit code."""

    def run(self) -> int:
        """Work until SIGTERM or SIGINT."""
        ...


def settings_or_exit(read: Callable[[], Any]) -> Any:
    """Read settings; print every complaint and leave with exit code 2 when they are bad."""
    try:
        return read()
    except BadSettings as error:
        click.echo(f"The settings cannot be used:\n{error}", err=True)
        sys.exit(2)


class _Commands(click.Group):
    """The commands of one service; its own ones and those about events are imported when one of
    them is asked for: a process that serves for months need not hold what an operator types.
    """

    def __init__(self, package: str, read_settings: Callable[[], ServiceSettings]) -> None:
        super().__init__(help=f"Commands of {package}.")
        self._package = package
        self._read_settings = read_settings
        self._has_own = False

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give every name."""
        self._add_own()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give the command of a name, or None."""
        if cmd_name not in self.commands:
            self._add_own()
        return super().get_command(ctx, cmd_name)

    def _add_own(self) -> None:
        if not self._has_own:
            self._has_own = True
            self._add_event_commands()
            importlib.import_module(f"{self._package}.commands").register_commands(self)

    def _add_event_commands(self) -> None:
        from shared.events.commands import events_group, worker_health_command
        from shared.events.worker import heartbeat_file_of

        def open_database() -> Database:
            return Database(settings_or_exit(self._read_settings).database_url)

        def heartbeat_file() -> Path:
            settings = settings_or_exit(self._read_settings)
            return heartbeat_file_of(self._package, settings.data_directory)

        self.add_command(events_group(self._package, open_database))
        self.add_command(worker_health_command(heartbeat_file))


def service_commands(package: str, read_settings: Callable[[], ServiceSettings]) -> click.Group:
    """Make the command group of a service's `python -m <package>`. Of `<package>.app`, `.worker`
    and `.commands` only what the command needs is imported.
    """
    group = _Commands(package, read_settings)

    def create_app(settings: ServiceSettings) -> Flask:
        app: Flask = importlib.import_module(f"{package}.app").create_app(settings)
        return app

    @group.command()
    def web() -> None:
        """Serve HTTP until stopped."""
        settings = settings_or_exit(read_settings)
        configure_logs(package, settings.log_level)
        if settings.web_workers > 1:
            share_metrics(settings.data_directory / "tmp" / f"{package}.metrics")
        importlib.import_module(f"{package}.app")  # before the fork: processes share what it loads
        serve(
            lambda: create_app(settings),
            host=settings.bind_host,
            port=settings.port,
            workers=settings.web_workers,
            threads=settings.web_threads,
        )

    @group.command(name="worker")
    def worker_command() -> None:
        """Publish and consume events and do timed work until stopped."""
        settings = settings_or_exit(read_settings)
        configure_logs(package, settings.log_level)
        create_worker = importlib.import_module(f"{package}.worker").create_worker
        made: RunnableWorker = create_worker(settings)
        sys.exit(made.run())

    @group.command(name="migrate")
    def migrate_command() -> None:
        """Bring the database to this release's newest revision."""
        settings = settings_or_exit(read_settings)
        configure_logs(package, settings.log_level)
        owner_url, service_url = settings.migration_database_url, settings.database_url
        database = Database(owner_url)
        migrate(package, database, service_role=service_role_beside(owner_url, service_url))
        database.dispose()
        click.echo(f"{package}: database is up to date")

    @group.command(name="audit-verify")
    @click.option("--known", metavar="DIGEST", help="A digest this said before and you kept.")
    def audit_verify(known: str | None) -> None:
        """Find what was changed, removed or put in by hand in the record of staff acts."""
        settings = settings_or_exit(read_settings)
        database = Database(settings.database_url)
        try:
            verdict = database.reading(lambda session: judge_audit_entries(session, known=known))
        finally:
            database.dispose()
        if verdict.faults:
            raise click.ClickException("\n".join(("the record is not whole", *verdict.faults)))
        last = verdict.last_digest or "none"
        click.echo(f"{verdict.entries} audit entries, the chain is whole; last digest: {last}")

    @group.command()
    def openapi() -> None:
        """Print the OpenAPI document."""
        app = create_app(settings_or_exit(read_settings))
        click.echo(json.dumps(api_of(app).document(), indent=2, ensure_ascii=False))

    return group


def environment() -> dict[str, str]:
    """Give the process's environment; the one place that reads it."""
    return dict(os.environ)
