"""Reading what people want to be told."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from notification_service.models.notification_settings import NotificationSettings


def settings_row(session: Session, account_id: int) -> Mapping[str, bool] | None:
    """Read one person's four wishes by name, or None where nothing was ever changed."""
    wanted = select(
        NotificationSettings.email_notification,
        NotificationSettings.appointments_notification,
        NotificationSettings.results_notification,
        NotificationSettings.marketing_email,
    ).where(NotificationSettings.account_id == account_id)
    row = session.execute(wanted).mappings().first()
    return None if row is None else dict(row)
