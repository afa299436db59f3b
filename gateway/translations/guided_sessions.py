"""The guided programme in `wellbeing`: the sessions (W21), beginning a stage (W22), answering
(W23), the history (W24).
"""

from gateway.exchange import (
    FieldRefused,
    Fields,
    JsonValue,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import wellbeing_dialect as dialect
from gateway.translations.fields import ABSENT, ValueRefused, clean_string, read_required
from gateway.translations.identifiers import body_id
from gateway.translations.service_answers import View, items_of, view_of
from shared.blank_texts import is_blank

MESSAGE_CHARACTERS = 4000

_NOT_FOUND = dialect.single_error("Session not found", 404)
_REQUIRED = dialect.single_error("Session ID is required")
_MESSAGE_REQUIRED = dialect.single_error("Message is required")
_MESSAGE_TOO_LONG = dialect.single_error("Message is too long")
_REFUSALS = {
    "guided_session_not_found": _NOT_FOUND,
    "stage_locked": dialect.single_error("This stage is locked", 403),
    "stage_completed": dialect.single_error("This stage is already completed", 403),
    "message_required": _MESSAGE_REQUIRED,
    "message_too_long": _MESSAGE_TOO_LONG,
}


def _list_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    return ServiceRequest(method="GET", path="/api/v1/guided-sessions")


def _list_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        return dialect.general_error(response)
    return dialect.answer([_session(each) for each in items_of(response)])


def _session(guided_session: View) -> dict[str, JsonValue]:
    stage = view_of(guided_session.get("stage"))
    return {
        "id": guided_session.get("id"),
        "stage": {
            name: stage.get(name) for name in ("id", "order", "name", "description", "is_chat")
        },
        "current_question": guided_session.get("answered_questions"),
        "is_unlocked": guided_session.get("is_unlocked"),
        "is_completed": guided_session.get("is_completed"),
        "creation_date": guided_session.get("created_at"),
        "user": guided_session.get("account_id"),
        "in_explanation": guided_session.get("in_explanation"),
    }


def _message(line: View) -> dict[str, JsonValue]:
    return {
        "id": line.get("id"),
        "message": line.get("text"),
        "is_user": line.get("is_user"),
        "creation_date": line.get("created_at"),
        "session": line.get("guided_session_id"),
    }


def _path(given: Fields, act: str) -> str:
    """Give the path of an act on the guided session named by `session_id`, read from the body or
    the query.
    """
    try:
        session_id = read_required(given, "session_id", body_id)
    except ValueRefused as refused:
        made = _REQUIRED if refused.reason in ABSENT else _NOT_FOUND
        raise FieldRefused(made) from refused
    return f"/api/v1/guided-sessions/{session_id}/{act}"


def _start_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    return ServiceRequest(method="POST", path=_path(request.fields, "start"))


def _lines_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.answer([_message(each) for each in items_of(response)])
    if response.status == 404:
        return _NOT_FOUND
    if response.code == "invalid_request":
        return _MESSAGE_REQUIRED if is_blank(_words(request.fields)) else _MESSAGE_TOO_LONG
    return dialect.error_by_code(response, _REFUSALS)


def _answer_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    path = _path(request.fields, "answers")
    return ServiceRequest(method="POST", path=path, json={"text": _words(request.fields)})


def _words(fields: Fields) -> str:
    """Give what the client wrote, empty when that is nothing readable: the service refuses it
    after the session's own state.
    """
    try:
        return clean_string(fields.get("message"))
    except ValueRefused:
        return ""


def _history_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    return ServiceRequest(method="GET", path=_path(request.query, "transcript"))


LIST_GUIDED_SESSIONS = Translation(to_service=_list_to_service, to_legacy=_list_to_legacy)
START_STAGE = Translation(to_service=_start_to_service, to_legacy=_lines_to_legacy)
ANSWER_QUESTION = Translation(to_service=_answer_to_service, to_legacy=_lines_to_legacy)
READ_TRANSCRIPT = Translation(to_service=_history_to_service, to_legacy=_lines_to_legacy)
