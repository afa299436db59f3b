"""What a person wants to be told: defaults without a row, changes kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from notification_service.models.notification_settings import NotificationSettings
from notification_service.queries.notification_settings import (
    settings_for_update,
    settings_rows,
)
from shared.database import insert_unless_there
from shared.entity_tags import NO_PRECONDITION, Precondition


@dataclass(frozen=True, kw_only=True)
class SettingsView:
    """The four wishes; what is given here are the defaults."""

    email_notification: bool = False
    appointments_notification: bool = True
    results_notification: bool = True
    marketing_email: bool = False

    def allows(self, setting: str | None) -> bool:
        """Tell whether a setting is on; what no setting governs is always allowed."""
        return setting is None or bool(getattr(self, setting))


@dataclass(frozen=True, kw_only=True)
class ChangeSettings:
    """The wishes to change; None leaves one as it is."""

    email_notification: bool | None = None
    appointments_notification: bool | None = None
    results_notification: bool | None = None
    marketing_email: bool | None = None


def settings_of(session: Session, account_id: int) -> SettingsView:
    """Give what a person wants to be told."""
    return settings_of_each(session, [account_id])[account_id]


def settings_of_each(session: Session, account_ids: Collection[int]) -> dict[int, SettingsView]:
    """Give what each of these people wants to be told."""
    rows = settings_rows(session, account_ids)
    return {number: SettingsView(**rows.get(number, {})) for number in account_ids}


def change_settings(
    session: Session,
    command: ChangeSettings,
    *,
    account_id: int,
    precondition: Precondition = NO_PRECONDITION,
    now: datetime,
) -> SettingsView:
    """Change the given wishes; the first touch makes the row, also when two come at once. Locks it.

    Raises:
        PreconditionFailed: written from other wishes than those that are kept.
    """
    changes = {name: value for name, value in vars(command).items() if value is not None}
    if not changes:
        present = settings_of(session, account_id)
        precondition.check(present)
        return present
    first = {"account_id": account_id, "changed_at": now, **vars(SettingsView())}
    insert_unless_there(session, NotificationSettings, first)
    kept = settings_for_update(session, account_id)
    precondition.check(settings_of(session, account_id))
    for name, value in {**changes, "changed_at": now}.items():
        setattr(kept, name, value)
    session.flush()
    return settings_of(session, account_id)
