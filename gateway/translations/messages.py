"""Writing to one's therapist (M8)."""

from gateway.exchange import (
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import matching_dialect as dialect
from gateway.translations.fields import text_of

MESSAGE_CHARACTERS = 4000

_REFUSALS = {
    "not_in_care": dialect.NOT_YOUR_THERAPIST,
}


def _send_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    recipient_id = dialect.therapist_or_refusal(request.fields, dialect.NOT_YOUR_THERAPIST)
    text = dialect.value_or_refusal(request.fields, "text", text_of(MESSAGE_CHARACTERS))
    return ServiceRequest(
        method="POST",
        path="/api/v1/messages",
        json={"recipient_id": recipient_id, "text": text},
    )


def _send_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.success()
    if response.code == "invalid_request":
        return dialect.incorrect_field("text")
    return dialect.refusal_by_code(response, _REFUSALS)


SEND_MESSAGE = Translation(to_service=_send_to_service, to_legacy=_send_to_legacy)
