"""Reading the data of heard events: tolerant of what we do not know, strict about what we need."""

from typing import Generic, TypeVar

from marshmallow import EXCLUDE, ValidationError

from shared.events.envelope import Envelope
from shared.events.inbox import UnprocessableEvent
from shared.schemas import CommandSchema

Command = TypeVar("Command")


class HeardSchema(CommandSchema, Generic[Command]):
    """Base of every heard event's schema: unknown fields are ignored, for a later release of the
    producer may say more. `makes` is the command; where it needs what `self.envelope` says around
    the fields (`id`, `sequence`, `time`), the schema has a `command` of its own.
    """

    class Meta:
        """A tolerant reader."""

        unknown = EXCLUDE

    def __init__(self, envelope: Envelope) -> None:
        super().__init__()
        self.envelope = envelope


def command_of(schema: type[HeardSchema[Command]], envelope: Envelope) -> Command:
    """Give the command that an event means to this service.

    Raises:
        UnprocessableEvent: the data does not fit; names the fields, never their values.
    """
    try:
        command: Command = schema(envelope).load(dict(envelope.data))
    except ValidationError as error:
        fields = ", ".join(sorted(str(name) for name in error.messages_dict))
        raise UnprocessableEvent(f"bad fields: {fields}") from error
    return command
