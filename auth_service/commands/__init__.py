"""Entrance 4, what operators type."""

import click

from auth_service.commands.accounts import (
    announce_accounts_command,
    create_admin,
    lock_account_command,
    remove_second_factor_command,
)
from auth_service.commands.signing_keys import rotate_keys


def register_commands(group: click.Group) -> None:
    """Add this service's own commands to those every service has."""
    group.add_command(create_admin)
    group.add_command(lock_account_command)
    group.add_command(remove_second_factor_command)
    group.add_command(announce_accounts_command)
    group.add_command(rotate_keys)
