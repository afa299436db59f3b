"""Bodies of `/api/v1/guided-sessions`."""

from marshmallow import Schema, fields

from chat_service.api.schemas.stages import StageSchema
from chat_service.domain.guided_sessions import AnswerQuestion
from chat_service.models.answers import CLIENT_MESSAGE_ID_CHARACTERS, QUESTION_ID_CHARACTERS
from shared.http.fields import Instant, Text
from shared.schemas import CommandSchema


class GuidedSessionSchema(Schema):
    """One's way through one stage."""

    id = fields.Integer(metadata={"description": "the guided session's id"})
    stage = fields.Nested(
        StageSchema, metadata={"description": "the stage it is about, in the caller's language"}
    )
    answered_questions = fields.Integer(metadata={"description": "how many were answered"})
    is_unlocked = fields.Boolean(metadata={"description": "it can be started"})
    is_completed = fields.Boolean(metadata={"description": "every question was answered"})
    in_explanation = fields.Boolean(metadata={"description": "it was not started yet"})
    created_at = Instant(metadata={"description": "UTC"})
    account_id = fields.Integer(metadata={"description": "whose it is: the caller"})


class LineSchema(Schema):
    """One line of a transcript."""

    id = fields.Integer(metadata={"description": "unique over all guided sessions"})
    text = fields.String(metadata={"description": "what was said"})
    is_user = fields.Boolean(metadata={"description": "the person said it, not the guide"})
    created_at = Instant(metadata={"description": "UTC"})
    guided_session_id = fields.Integer(metadata={"description": "which guided session"})
    question_id = fields.String(
        allow_none=True,
        metadata={"description": "the question it asks or answers; null for everything else"},
    )


class AnswerQuestionSchema(CommandSchema):
    """What the person says to the present question."""

    makes = AnswerQuestion

    text = fields.String(
        required=True,
        metadata={
            "description": "1 to 4,000 characters, not blank; refused as message_required or "
            "message_too_long after the session's own state was looked at"
        },
    )
    question_id = Text(
        minimum=1,
        maximum=QUESTION_ID_CHARACTERS,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "the question that is answered, as its line names it; refused as "
            "question_not_asked when another one is asked by now. Without it, and without "
            "client_message_id, an equal text within 3 seconds is the same answer sent again"
        },
    )
    client_message_id = Text(
        minimum=1,
        maximum=CLIENT_MESSAGE_ID_CHARACTERS,
        load_default=None,
        allow_none=True,
        metadata={"description": "the client's own id; the same one counts once"},
    )
