"""`/api/v1/notification-settings`: load, operate, dump."""

from http import HTTPStatus

from notification_service.api.schemas.notification_settings import (
    ChangeSettingsSchema,
    NotificationSettingsSchema,
)
from notification_service.domain.notification_settings import (
    ChangeSettings,
    SettingsView,
    change_settings,
    settings_of,
)
from shared.http.authentication import Identity
from shared.http.blueprint import Blueprint, with_identity
from shared.http.context import clock, database

blueprint = Blueprint(
    "notification_settings",
    __name__,
    url_prefix="/api/v1/notification-settings",
    description="What somebody wants to be told.",
)


@blueprint.get("/me")
@with_identity
@blueprint.response(HTTPStatus.OK, NotificationSettingsSchema)
def read_own_settings(identity: Identity) -> SettingsView:
    """Read one's settings; the defaults where nothing was changed."""
    return database().reading(lambda session: settings_of(session, identity.account_id))


@blueprint.patch("/me")
@with_identity
@blueprint.arguments(ChangeSettingsSchema)
@blueprint.response(HTTPStatus.OK, NotificationSettingsSchema)
def change_own_settings(command: ChangeSettings, identity: Identity) -> SettingsView:
    """Change one's settings. Security and code mails are always sent."""
    now = clock().now()
    return database().writing(
        lambda session: change_settings(session, command, account_id=identity.account_id, now=now)
    )
