"""Turning to a new master key of encrypted texts while everything keeps running: the command
`rotate-master-key`, the same for every service that keeps any.
"""

from collections.abc import Callable
from enum import StrEnum

import click
from sqlalchemy.orm import Session

from shared.audit_entries import add_audit_entry
from shared.clock import SystemClock
from shared.data_keys import MasterKeys, TextUnreadable, rewrap_data_keys
from shared.database import Database

AT_ONCE = 200


class Act(StrEnum):
    """What is recorded of it."""

    DATA_KEYS_REWRAPPED = "data_keys_rewrapped"


def rotate_master_key_command(
    open_database: Callable[[], Database], read_master_keys: Callable[[], MasterKeys]
) -> click.Command:
    """Make the command `rotate-master-key`."""

    @click.command(
        "rotate-master-key",
        help="Wrap every data key by TEXT_MASTER_KEY; TEXT_MASTER_KEY_PREVIOUS opens the old ones.",
    )
    def rotate_master_key() -> None:
        masters = read_master_keys()
        database = open_database()
        try:
            count = rewrap_all(database, masters)
        except TextUnreadable as error:
            raise click.ClickException(
                "a data key cannot be opened: give the key that wrapped it as "
                "TEXT_MASTER_KEY_PREVIOUS; those rewrapped before stay so"
            ) from error
        finally:
            database.dispose()
        click.echo(f"{count} data keys are now wrapped by master key {masters.present_id}")

    return rotate_master_key


def rewrap_all(database: Database, masters: MasterKeys) -> int:
    """Rewrap portion by portion, each in a transaction of its own; give how many were rewrapped.

    Raises:
        TextUnreadable: a data key cannot be opened; its portion stays as it was.
    """
    count = 0
    while True:
        rewrapped = database.writing(lambda session: _rewrap_some(session, masters))
        count += rewrapped
        if not rewrapped:
            return count


def _rewrap_some(session: Session, masters: MasterKeys) -> int:
    count = rewrap_data_keys(session, masters, limit=AT_ONCE)
    if count:
        act, now = Act.DATA_KEYS_REWRAPPED, SystemClock().now()
        add_audit_entry(session, act, account_id=None, actor_id=None, now=now)
    return count
