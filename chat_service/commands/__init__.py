"""Entrance 4, what operators type."""

import click

from chat_service.models.data_keys import master_keys
from chat_service.settings import Settings
from shared.command_line import environment, settings_or_exit
from shared.data_keys import MasterKeys
from shared.database import Database
from shared.master_key_rotation import rotate_master_key_command


def register_commands(group: click.Group) -> None:
    """Add this service's own commands to those every service has."""
    group.add_command(rotate_master_key_command(_database, _master_keys))


def _settings() -> Settings:
    settings: Settings = settings_or_exit(lambda: Settings.from_env(environment()))
    return settings


def _database() -> Database:
    return Database(_settings().database_url)


def _master_keys() -> MasterKeys:
    settings = _settings()
    return master_keys(settings.text_master_key, settings.text_master_key_previous)
