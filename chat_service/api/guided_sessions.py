"""`/api/v1/guided-sessions`: one's way through the programme."""

from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Response
from sqlalchemy import Row
from sqlalchemy.orm import Session

from chat_service.api.people import asked, caller_known
from chat_service.api.schemas.guided_sessions import (
    AnswerQuestionSchema,
    GuidedSessionSchema,
    LineSchema,
)
from chat_service.domain.guided_sessions import (
    AnswerQuestion,
    Guide,
    LineView,
    answer_question,
    begin_programme,
    is_locked,
    read_lines,
    read_transcript,
    start_stage,
)
from chat_service.domain.people import PersonView, read_person
from chat_service.errors import (
    ClientMessageIdReused,
    GuidedSessionNotFound,
    MessageRequired,
    MessageTooLong,
    QuestionNotAsked,
    StageCompleted,
    StageLocked,
    UnknownQuestion,
)
from chat_service.parts import parts
from chat_service.queries.guided_sessions import guided_session_rows
from shared.access_tokens import Identity
from shared.clock import instant_text
from shared.data_keys import TextUnreadable
from shared.http.blueprint import Blueprint, dumped, json_answer, path_identifier, with_identity
from shared.http.context import clock, database
from shared.http.declared import refuses
from shared.http.idempotency import Refound, honours_idempotency_key, writing_once
from shared.http.pagination import list_schema

ONE = "/" + path_identifier("guided_session_id")
Lines = list_schema(LineSchema)

blueprint = Blueprint(
    "guided_sessions",
    __name__,
    url_prefix="/api/v1/guided-sessions",
    description="One's way through the guided programme.",
)


@blueprint.get("")
@with_identity
@blueprint.response(HTTPStatus.OK, list_schema(GuidedSessionSchema))
def list_guided_sessions(identity: Identity) -> Response:
    """List one's guided sessions in the programme's order; they are made when first asked for."""
    account_id = identity.account_id
    person, rows = database().reading(lambda session: _overview(session, account_id))
    if not rows:
        person, rows = database().writing(lambda session: _first_overview(session, account_id))
    has_locked = not person.is_premium and not all(row.is_unlocked for row in rows)
    if has_locked or person.locale is None:
        person = asked(person)
    return json_answer({"items": [_spelled(row, person) for row in rows]})


@blueprint.post(f"{ONE}/start")
@with_identity
@blueprint.response(HTTPStatus.OK, Lines)
@honours_idempotency_key
@refuses(GuidedSessionNotFound, StageLocked, StageCompleted, TextUnreadable)
def start_guided_session(guided_session_id: int, identity: Identity) -> Response:
    """Begin a stage: its explanations and first question; later the pending question again."""
    guide = _guide(identity, guided_session_id)
    return writing_once(
        lambda session: start_stage(
            session, guided_session_id, guide, account_id=identity.account_id
        ),
        lambda lines: dumped(Lines, {"items": lines}),
        status=HTTPStatus.OK,
        refound=_lines_again(guided_session_id, guide, identity),
    )


@blueprint.post(f"{ONE}/answers")
@with_identity
@blueprint.arguments(AnswerQuestionSchema)
@blueprint.response(HTTPStatus.CREATED, Lines)
@honours_idempotency_key
@refuses(
    GuidedSessionNotFound,
    StageLocked,
    StageCompleted,
    QuestionNotAsked,
    UnknownQuestion,
    MessageRequired,
    MessageTooLong,
    ClientMessageIdReused,
    TextUnreadable,
)
def create_answer(command: AnswerQuestion, guided_session_id: int, identity: Identity) -> Response:
    """Answer the present question; gives what the guide says to it."""
    guide = _guide(identity, guided_session_id)
    return writing_once(
        lambda session: answer_question(
            session, guided_session_id, command, guide, account_id=identity.account_id
        ),
        lambda lines: dumped(Lines, {"items": lines}),
        status=HTTPStatus.CREATED,
        refound=_lines_again(guided_session_id, guide, identity),
    )


@blueprint.get(f"{ONE}/transcript")
@with_identity
@blueprint.response(HTTPStatus.OK, Lines)
@refuses(GuidedSessionNotFound, StageLocked, TextUnreadable)
def read_own_transcript(
    guided_session_id: int, identity: Identity
) -> dict[str, Sequence[LineView]]:
    """Read everything that was said, oldest first."""
    guide = _guide(identity, guided_session_id)
    lines = database().reading(
        lambda session: read_transcript(
            session, guided_session_id, guide, account_id=identity.account_id
        )
    )
    return {"items": lines}


def _guide(identity: Identity, guided_session_id: int) -> Guide:
    """Prepare an operation on one session: nobody is told "locked" before profile was asked."""
    account_id = identity.account_id
    person = caller_known(
        account_id, lambda session: is_locked(session, account_id, guided_session_id)
    )
    return Guide(
        programmes=parts().programmes,
        masters=parts().masters,
        locale=person.speaks,
        now=clock().now(),
    )


def _lines_again(
    guided_session_id: int, guide: Guide, identity: Identity
) -> Refound[Sequence[LineView]]:
    """Keep ids of lines for a repeated request, and read the lines again by them."""
    return Refound(
        reference=lambda lines: [line.id for line in lines],
        find=lambda session, line_ids: read_lines(
            session, guided_session_id, line_ids, guide, account_id=identity.account_id
        ),
    )


def _overview(session: Session, account_id: int) -> tuple[PersonView, Sequence[Row[Any]]]:
    return read_person(session, account_id), guided_session_rows(session, account_id)


def _first_overview(session: Session, account_id: int) -> tuple[PersonView, Sequence[Row[Any]]]:
    begin_programme(session, account_id, parts().programmes, clock().now())
    return _overview(session, account_id)


def _spelled(row: Row[Any], person: PersonView) -> dict[str, object]:
    """Spell one row as GuidedSessionSchema describes it: the hot read dumps no objects."""
    stage = parts().programmes.stage_view(row.programme_version, row.stage_order, person.speaks)
    return {
        "id": row.id,
        "stage": asdict(stage),
        "answered_questions": row.answered_questions,
        "is_unlocked": row.is_unlocked or person.is_premium,
        "is_completed": row.completed_at is not None,
        "in_explanation": row.begun_at is None,
        "created_at": instant_text(row.created_at),
        "account_id": row.account_id,
    }
