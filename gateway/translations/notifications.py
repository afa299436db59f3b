"""In-app notifications of `wellbeing`: listing, which reads them (W9), deleting (W10), counting
the unread (W11).
"""

from gateway.exchange import (
    FieldRefused,
    JsonValue,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import wellbeing_dialect as dialect
from gateway.translations.fields import ABSENT, ValueRefused, read_required
from gateway.translations.identifiers import body_id
from gateway.translations.service_answers import View, body_of, items_of, number_of

_NOT_FOUND = dialect.single_error("Notification not found")


def _list_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    if request.method == "HEAD":  # the same list; asking for its head marks nothing
        return ServiceRequest(method="GET", path="/api/v1/notifications")
    return ServiceRequest(method="POST", path="/api/v1/notifications/read")


def _list_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        return dialect.general_error(response)
    return dialect.answer([_shown(each) for each in items_of(response)])


def _shown(notification: View) -> dict[str, JsonValue]:
    return {
        "id": notification.get("id"),
        "type": notification.get("kind"),
        "description": notification.get("description"),
        "creation_date": notification.get("created_at"),
        "is_read": notification.get("is_read"),
        "user": notification.get("account_id"),
    }


def _delete_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    try:
        notification_id = read_required(request.fields, "id", body_id)
    except ValueRefused as refused:
        is_absent = refused.reason in ABSENT
        made = dialect.single_error("Notification ID is required") if is_absent else _NOT_FOUND
        raise FieldRefused(made) from refused
    return ServiceRequest(method="DELETE", path=f"/api/v1/notifications/{notification_id}")


def _delete_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.message("Notification deleted successfully")
    return _NOT_FOUND if response.status == 404 else dialect.general_error(response)


def _count_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    return ServiceRequest(method="GET", path="/api/v1/notifications/unread-count")


def _count_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        return dialect.general_error(response)
    return dialect.answer({"count": number_of(body_of(response), "count")})


LIST_NOTIFICATIONS = Translation(to_service=_list_to_service, to_legacy=_list_to_legacy)
DELETE_NOTIFICATION = Translation(to_service=_delete_to_service, to_legacy=_delete_to_legacy)
COUNT_UNREAD = Translation(to_service=_count_to_service, to_legacy=_count_to_legacy)
