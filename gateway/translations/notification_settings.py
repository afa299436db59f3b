"""What a person wants to be told, in `wellbeing`: reading (W16) and changing (W17)."""

from gateway.exchange import (
    JsonValue,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import wellbeing_dialect as dialect
from gateway.translations.fields import Field, boolean
from gateway.translations.service_answers import body_of

NAMES = (
    "email_notification",
    "appointments_notification",
    "results_notification",
    "marketing_email",
)
_PATH = "/api/v1/notification-settings/me"
_FIELDS = tuple(Field(name=name, to=name, kind=boolean, is_required=False) for name in NAMES)


def _shown(response: ServiceResponse) -> dict[str, JsonValue]:
    settings = body_of(response)
    return {name: settings.get(name) for name in NAMES}


def _read_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    return ServiceRequest(method="GET", path=_PATH)


def _read_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        return dialect.general_error(response)
    return dialect.answer(_shown(response))


def _change_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    values = dialect.values_or_field_errors(request.fields, _FIELDS)
    return ServiceRequest(method="PATCH", path=_PATH, json=dict(values))


def _change_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        return dialect.general_error(response)
    return dialect.answer({**_shown(response), "message": "Settings updated successfully."})


READ_SETTINGS = Translation(to_service=_read_to_service, to_legacy=_read_to_legacy)
CHANGE_SETTINGS = Translation(to_service=_change_to_service, to_legacy=_change_to_legacy)
