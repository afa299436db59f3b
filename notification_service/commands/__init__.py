"""Entrance 4, what operators type."""

import click

from notification_service.commands.mails import mails_group
from notification_service.settings import Settings
from shared.command_line import environment, settings_or_exit
from shared.database import Database


def register_commands(group: click.Group) -> None:
    """Add this service's own commands to those every service has."""
    group.add_command(mails_group(_database))


def _settings() -> Settings:
    settings: Settings = settings_or_exit(lambda: Settings.from_env(environment()))
    return settings


def _database() -> Database:
    return Database(_settings().database_url)
