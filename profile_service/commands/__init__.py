"""Entrance 4, what operators type."""

import click

from profile_service.settings import Settings
from shared.command_line import environment, settings_or_exit
from shared.database import Database
from shared.events.commands import events_group, worker_health_command


def register_commands(group: click.Group) -> None:
    """Add this service's own commands to those every service has."""
    group.add_command(events_group(_database))
    group.add_command(
        worker_health_command(lambda: _settings().data_directory / "tmp" / "profile_service.worker")
    )


def _settings() -> Settings:
    found: Settings = settings_or_exit(lambda: Settings.from_env(environment()))
    return found


def _database() -> Database:
    return Database(_settings().database_url)
