"""`/api/v1/notification-settings`: load, operate, dump."""

from http import HTTPStatus

from flask import Response

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
from shared import strict_json
from shared.access_tokens import Identity
from shared.http.blueprint import Blueprint, dumped, json_answer, with_identity
from shared.http.conditional import honours_if_match, precondition, shows_tag, tagged
from shared.http.context import clock, database
from shared.http.idempotency import honours_idempotency_key, writing_once

blueprint = Blueprint(
    "notification_settings",
    __name__,
    url_prefix="/api/v1/notification-settings",
    description="What somebody wants to be told.",
)


@blueprint.get("/me")
@with_identity
@blueprint.response(HTTPStatus.OK, NotificationSettingsSchema)
@shows_tag
def read_own_settings(identity: Identity) -> Response:
    """Read one's settings; the defaults where nothing was changed."""
    view = database().reading(lambda session: settings_of(session, identity.account_id))
    return tagged(json_answer(dumped(NotificationSettingsSchema, view)), view)


@blueprint.patch("/me")
@with_identity
@blueprint.arguments(ChangeSettingsSchema)
@blueprint.response(HTTPStatus.OK, NotificationSettingsSchema)
@honours_if_match()
@honours_idempotency_key
def change_own_settings(command: ChangeSettings, identity: Identity) -> Response:
    """Change one's settings; If-Match is honoured, not needed. Security and code mails are always
    sent.
    """
    now, state = clock().now(), precondition()
    answer = writing_once(
        lambda session: change_settings(
            session, command, account_id=identity.account_id, precondition=state, now=now
        ),
        lambda view: dumped(NotificationSettingsSchema, view),
        status=HTTPStatus.OK,
    )
    return tagged(answer, SettingsView(**strict_json.loads(answer.get_data())))
