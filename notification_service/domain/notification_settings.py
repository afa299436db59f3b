"""What a person wants to be told: defaults without a row, changes kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from notification_service.models.notification_settings import NotificationSettings
from notification_service.queries.notification_settings import settings_rows
from shared.database import insert_or_change


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
    session: Session, command: ChangeSettings, *, account_id: int, now: datetime
) -> SettingsView:
    """Change the given wishes; the first touch makes the row, also when two come at once."""
    changes = {name: value for name, value in vars(command).items() if value is not None}
    if changes:
        first = {**vars(SettingsView()), **changes}
        insert_or_change(
            session,
            NotificationSettings,
            {"account_id": account_id, "changed_at": now, **first},
            changes={**changes, "changed_at": now},
        )
    return settings_of(session, account_id)
