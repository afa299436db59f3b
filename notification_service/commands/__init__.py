"""Entrance 4, what operators type."""

from pathlib import Path

import click

from notification_service.commands.mails import mails_group
from notification_service.settings import Settings
from shared.command_line import environment, settings_or_exit
from shared.database import Database
from shared.events.commands import events_group, worker_health_command
from shared.events.worker import heartbeat_file_of


def register_commands(group: click.Group) -> None:
    """Add this service's own commands to those every service has."""
    group.add_command(events_group("notification_service", _database))
    group.add_command(worker_health_command(_heartbeat_file))
    group.add_command(mails_group(_database))


def _settings() -> Settings:
    settings: Settings = settings_or_exit(lambda: Settings.from_env(environment()))
    return settings


def _database() -> Database:
    return Database(_settings().database_url)


def _heartbeat_file() -> Path:
    return heartbeat_file_of("notification_service", _settings().data_directory)
