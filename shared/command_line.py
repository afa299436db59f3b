"""The commands every service has: `web`, `worker`, `migrate`, `audit-verify`, `openapi`; each
service adds its own beside them (Click).
"""

import json
import os
import sys
from collections.abc import Callable
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


def service_commands(
    package: str,
    read_settings: Callable[[], ServiceSettings],
    create_app: Callable[[Any], Flask],
    create_worker: Callable[[Any], RunnableWorker],
) -> click.Group:
    """Make the command group of a service's `python -m <package>`."""

    @click.group(help=f"Commands of {package}.")
    def group() -> None:
        pass

    @group.command()
    def web() -> None:
        """Serve HTTP until stopped."""
        settings = settings_or_exit(read_settings)
        configure_logs(package, settings.log_level)
        if settings.web_workers > 1:
            share_metrics(settings.data_directory / "tmp" / f"{package}.metrics")
        serve(
            lambda: create_app(settings),
            host=settings.bind_host,
            port=settings.port,
            workers=settings.web_workers,
            threads=settings.web_threads,
        )

    @group.command()
    def worker() -> None:
        """Publish and consume events and do timed work until stopped."""
        settings = settings_or_exit(read_settings)
        configure_logs(package, settings.log_level)
        sys.exit(create_worker(settings).run())

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
