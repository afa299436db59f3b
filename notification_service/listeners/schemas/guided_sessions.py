"""Data of `chat.guided_session.completed`."""

from typing import Any

from marshmallow import post_load

from notification_service.domain.guided_sessions import TellOfCompletedStage
from shared.events.reading import HeardSchema
from shared.http.fields import Identifier


class CompletedSchema(HeardSchema[TellOfCompletedStage]):
    """Who completed a stage."""

    account_id = Identifier(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> TellOfCompletedStage:
        return TellOfCompletedStage(
            event_id=self.envelope.id, happened_at=self.envelope.time, **data
        )
