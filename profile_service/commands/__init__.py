"""Entrance 4, what operators type."""

from pathlib import Path

import click

from profile_service.settings import Settings
from shared.command_line import environment, settings_or_exit
from shared.database import Database
from shared.events.commands import events_group, worker_health_command
from shared.events.worker import heartbeat_file_of


def register_commands(group: click.Group) -> None:
    """Add this service's own commands to those every service has."""
    group.add_command(events_group("profile_service", _database))
    group.add_command(worker_health_command(_heartbeat_file))


def _settings() -> Settings:
    settings: Settings = settings_or_exit(lambda: Settings.from_env(environment()))
    return settings


def _database() -> Database:
    return Database(_settings().database_url)


def _heartbeat_file() -> Path:
    return heartbeat_file_of("profile_service", _settings().data_directory)
