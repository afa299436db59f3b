"""Turning to a new master key while everything keeps running."""

from collections.abc import Callable

import click
from sqlalchemy.orm import Session

from chat_service.domain.audit_entries import Act
from chat_service.domain.data_keys import rewrap_data_keys
from chat_service.errors import TextUnreadable
from chat_service.models.data_keys import MasterKeys
from chat_service.settings import Settings
from shared.audit_entries import add_audit_entry
from shared.clock import SystemClock
from shared.database import Database

AT_ONCE = 200


def rotate_master_key_command(read_settings: Callable[[], Settings]) -> click.Command:
    """Make the command `rotate-master-key`."""

    @click.command(
        "rotate-master-key",
        help="Wrap every data key by TEXT_MASTER_KEY; TEXT_MASTER_KEY_PREVIOUS opens the old ones.",
    )
    def rotate_master_key() -> None:
        settings = read_settings()
        masters = MasterKeys(settings.text_master_key, settings.text_master_key_previous)
        database = Database(settings.database_url)
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
        add_audit_entry(
            session,
            Act.DATA_KEYS_REWRAPPED,
            account_id=None,
            actor_id=None,
            now=SystemClock().now(),
        )
    return count
