"""Entrance 4, what operators type: nothing beside what every service has."""

import click


def register_commands(_group: click.Group) -> None:
    """Add this service's own commands to those every service has."""
