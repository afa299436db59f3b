"""Accounts: opening, reading, changing and listing in `accounts` (A1, A2, A3, A5), opening in
`matching` (M2).
"""

from collections.abc import Mapping
from dataclasses import replace

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
from gateway.translations import accounts_dialect as dialect
from gateway.translations import matching_dialect
from gateway.translations.fields import (
    Field,
    address,
    choice_of,
    name_of,
    password_of_any_strength,
    with_alias,
)
from gateway.translations.identifiers import is_path_id, path_id
from gateway.translations.service_answers import View, body_of, items_of, number_of, text_of

USER_NAME_CHARACTERS = 64
HIGHEST_PER_PAGE = 100
HIGHEST_PAGE_ASKED = 1_000_000

_NAMES = (
    Field(name="email", to="email", kind=address),
    Field(name="user_name", to="user_name", kind=name_of(USER_NAME_CHARACTERS)),
    Field(name="first_name", to="first_name", kind=name_of()),
    Field(name="last_name", to="last_name", kind=name_of()),
)
_OPEN_FIELDS = (
    *_NAMES,
    Field(name="password", to="password", kind=password_of_any_strength),
    Field(name="role", to="role", kind=choice_of("user", "moderator", "admin")),
)
_MATCHING_FIELDS = (
    Field(name="user_name", to="first_name", kind=name_of()),
    Field(name="user_mail", to="email", kind=address),
    Field(name="password", to="password", kind=password_of_any_strength),
)
_OPEN_REFUSALS = {
    "email_taken": dialect.INVALID_BODY,
    "user_name_taken": dialect.INVALID_BODY,
    "not_allowed": dialect.INCORRECT_FIELD,
    "password_rejected": dialect.INCORRECT_FIELD,
}
_CHANGE_REFUSALS = {
    "email_taken": dialect.INVALID_BODY,
    "user_name_taken": dialect.INVALID_BODY,
}
_WRONG_PARAMETERS = dialect.error("wrong parameters page, per_page", 400)


def _open_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    values = dialect.values_or_error(request.fields, _OPEN_FIELDS)
    role = values["role"]
    is_admin = request.identity is not None and request.identity.role == "admin"
    if role != "user" and not is_admin:
        raise FieldRefused(dialect.INCORRECT_FIELD)
    return _open(values, request, role="client" if role == "user" else role, through="accounts")


def _open(
    values: Mapping[str, JsonValue], request: LegacyRequest, *, role: JsonValue, through: str
) -> ServiceRequest:
    return ServiceRequest(
        method="POST",
        path="/internal/v1/accounts",
        json={**values, "role": role, "locale": request.locale, "opened_through": through},
        is_internal=True,
    )


def _open_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.answer({"JWT": text_of(body_of(response), "access_token")}, 201)
    return dialect.error_by_code(response, _OPEN_REFUSALS)


def _open_in_matching_to_service(
    request: LegacyRequest, surroundings: Surroundings
) -> ServiceRequest:
    fields = with_alias(request.fields, "user_mail", "user_email")
    values = matching_dialect.values_or_refusal(fields, _MATCHING_FIELDS)
    return _open({**values, "last_name": ""}, request, role="client", through="matching")


def _open_in_matching_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        token = text_of(body_of(response), "access_token")
        return replace(matching_dialect.success(session=token), session_cookie=token)
    if response.code == "password_rejected":
        return matching_dialect.incorrect_field("password")
    return matching_dialect.refused_field(
        response, _MATCHING_FIELDS
    ) or matching_dialect.refusal_by_code(
        response, {"email_taken": "registration error, user exists"}
    )


def _account_id(request: LegacyRequest) -> int:
    account_id = path_id(request)
    if account_id is None:
        raise FieldRefused(dialect.INCORRECT_FIELD)
    return account_id


def _shown(account: View) -> dict[str, JsonValue]:
    return {
        "id": number_of(account, "id"),
        "email": account.get("email") or "",
        "user_name": account.get("user_name"),
        "first_name": account.get("first_name"),
        "last_name": account.get("last_name"),
    }


def _read_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    return ServiceRequest(method="GET", path=f"/api/v1/accounts/{_account_id(request)}")


def _read_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.status == 404:
        return dialect.USER_NOT_FOUND
    if not response.is_success:
        return dialect.general_error(response)
    account = body_of(response)
    return dialect.answer({**_shown(account), "role": dialect.role_shown(account.get("role"))})


def _change_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    account_id = _account_id(request)
    values = dialect.values_or_error(request.fields, _NAMES)
    identity = request.identity
    if identity is None or (identity.account_id != account_id and identity.role != "admin"):
        raise FieldRefused(dialect.NOT_THE_PERSON)
    return ServiceRequest(
        method="PATCH",
        path=f"/internal/v1/accounts/{account_id}",
        json=dict(values),
        is_internal=True,
    )


def _change_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.answer({"id": number_of(body_of(response), "id")})
    if response.status == 404:
        return dialect.USER_NOT_FOUND
    return dialect.error_by_code(response, _CHANGE_REFUSALS)


def _page_parameters(request: LegacyRequest) -> tuple[int, int]:
    given = [request.query.get(name, "") for name in ("page", "per_page")]
    if not all(is_path_id(text) for text in given):
        raise FieldRefused(_WRONG_PARAMETERS)
    page, per_page = (int(text) for text in given)
    if page < 1 or not 1 <= per_page <= HIGHEST_PER_PAGE:
        raise FieldRefused(_WRONG_PARAMETERS)
    return page, per_page


def _list_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    page, per_page = _page_parameters(request)
    # beyond the end every page is empty; the service need not count that far
    asked = min(page, HIGHEST_PAGE_ASKED)
    query = {"page": str(asked), "per_page": str(per_page)}
    return ServiceRequest(
        method="GET", path="/internal/v1/accounts/pages", query=query, is_internal=True
    )


def _list_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.code == "invalid_request":
        return _WRONG_PARAMETERS
    if not response.is_success:
        return dialect.general_error(response)
    page, per_page = _page_parameters(request)
    return dialect.answer(
        {
            "users": [_shown(each) for each in items_of(response)],
            "page": page,
            "per_page": per_page,
            "total_users": number_of(body_of(response), "total"),
        }
    )


OPEN_ACCOUNT = Translation(to_service=_open_to_service, to_legacy=_open_to_legacy)
OPEN_ACCOUNT_IN_MATCHING = Translation(
    to_service=_open_in_matching_to_service, to_legacy=_open_in_matching_to_legacy
)
READ_ACCOUNT = Translation(to_service=_read_to_service, to_legacy=_read_to_legacy)
CHANGE_ACCOUNT = Translation(to_service=_change_to_service, to_legacy=_change_to_legacy)
LIST_ACCOUNTS = Translation(to_service=_list_to_service, to_legacy=_list_to_legacy)
