"""Becoming premium in `wellbeing` (W12)."""

from gateway.exchange import (
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import wellbeing_dialect as dialect

_REFUSALS = {
    "already_premium": dialect.single_error("You are already a premium user"),
    "payment_card_required": dialect.single_error("A payment card is required"),
}


def _begin_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    return ServiceRequest(method="POST", path="/api/v1/memberships", json={})


def _begin_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.message("You are now a premium user")
    return dialect.error_by_code(response, _REFUSALS)


BEGIN_MEMBERSHIP = Translation(to_service=_begin_to_service, to_legacy=_begin_to_legacy)
