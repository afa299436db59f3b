"""Entrance 4, what operators type."""

from pathlib import Path

import click

from auth_service.commands.accounts import (
    announce_accounts_command,
    create_admin,
    lock_account_command,
    remove_second_factor_command,
)
from auth_service.commands.signing_keys import rotate_keys
from auth_service.settings import Settings
from shared.command_line import environment, settings_or_exit
from shared.database import Database
from shared.events.commands import events_group, worker_health_command
from shared.events.worker import heartbeat_file_of


def register_commands(group: click.Group) -> None:
    """Add this service's own commands to those every service has."""
    group.add_command(events_group("auth_service", _database))
    group.add_command(worker_health_command(_heartbeat_file))
    group.add_command(create_admin)
    group.add_command(lock_account_command)
    group.add_command(remove_second_factor_command)
    group.add_command(announce_accounts_command)
    group.add_command(rotate_keys)


def _settings() -> Settings:
    settings: Settings = settings_or_exit(lambda: Settings.from_env(environment()))
    return settings


def _database() -> Database:
    return Database(_settings().database_url)


def _heartbeat_file() -> Path:
    return heartbeat_file_of("auth_service", _settings().data_directory)
