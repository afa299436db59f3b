"""Reading what people want to be told."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from notification_service.models.notification_settings import NotificationSettings


def settings_for_update(session: Session, account_id: int) -> NotificationSettings:
    """Give the row of somebody's wishes, locked; it must be there."""
    wanted = select(NotificationSettings).where(NotificationSettings.account_id == account_id)
    return session.execute(wanted.with_for_update()).scalar_one()


def settings_rows(session: Session, account_ids: Collection[int]) -> dict[int, dict[str, bool]]:
    """Read people's four wishes by name; whoever never changed any is not in the answer."""
    wanted = select(
        NotificationSettings.account_id,
        NotificationSettings.email_notification,
        NotificationSettings.appointments_notification,
        NotificationSettings.results_notification,
        NotificationSettings.marketing_email,
    ).where(NotificationSettings.account_id.in_(account_ids))
    rows = (dict(row) for row in session.execute(wanted).mappings())
    return {row.pop("account_id"): row for row in rows}
