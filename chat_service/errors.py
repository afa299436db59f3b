"""Everything chat_service refuses, each a subclass of a shared error."""

from typing import ClassVar

from shared.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from shared.problems import Members


class GuidedSessionNotFound(NotFound):
    """No guided session under that id, or somebody else's."""

    message = "There is no such guided session."


class StageLocked(NotAllowed):
    """The stage before it is not completed, and the person is no premium member."""

    message = "This stage is locked."


class StageCompleted(Conflict):
    """Every question of the stage has been answered."""

    message = "This stage is already completed."


class MessageRequired(InvalidRequest):
    """An answer without a word in it."""

    message = "An answer is required."

    def __init__(self) -> None:
        super().__init__(errors={"text": ["Must not be blank."]})


class MessageTooLong(InvalidRequest):
    """An answer beyond the limit."""

    message = "The answer is too long."

    def __init__(self, *, most_characters: int) -> None:
        text = f"Must have at most {most_characters} characters."
        super().__init__(errors={"text": [text]})


class UnknownQuestion(InvalidRequest):
    """An answer names a question that its stage does not ask."""

    message = "There is no such question in this stage."

    def __init__(self) -> None:
        super().__init__(errors={"question_id": ["Must be a question of this stage."]})


class QuestionNotAsked(Conflict):
    """An answer names a question that is answered by now, or that comes later; `question` is the
    present one, with `id` and `text`.
    """

    message = "Another question is being asked by now."
    members: ClassVar[Members] = {
        "question": {
            "type": "object",
            "required": ["id", "text"],
            "properties": {"id": {"type": "string"}, "text": {"type": "string"}},
            "description": "the present question",
        }
    }
    remedy = "Show the present question, and ask again."


class ClientMessageIdReused(Conflict):
    """The client's own message id stands for another text."""

    message = "This client_message_id was used before for another text."


class NotInCare(NotAllowed):
    """The two are not client and current therapist; also when there is no such person."""

    message = "You can only write to your current therapist or client."


class ConversationNotFound(NotFound):
    """No conversation under that id, or one between other people."""

    message = "There is no such conversation."


class MessageNotFound(NotFound):
    """No message under that id, or one of a conversation between other people."""

    message = "There is no such message."


class NotYourMessage(NotAllowed):
    """Only who wrote a message may delete it."""

    message = "Only the sender can delete a message."
