"""Asking chat_service how far a person has come."""

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from profile_service.domain.progress import Progress
from shared.errors import Unavailable
from shared.http.client import ServiceClient

READ_SECONDS = 0.3
_OTHERWISE = "chat does not answer as agreed at the moment."


class _ProgressSchema(Schema):
    """What is needed of a progress; the rest is ignored."""

    class Meta:
        """Tolerant reader."""

        unknown = EXCLUDE

    completed_stages = fields.Integer(required=True)
    ratio = fields.Float(required=True)
    total_answers = fields.Integer(required=True)


class ChatProgress:
    """The progress of chat_service, over HTTP; it only adorns an answer, so it is asked briefly."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def find(self, account_id: int) -> Progress:
        """Give a person's progress.

        Raises:
            Unavailable: no answer in time, or none that can be used.
        """
        answer = self._client.get(f"/internal/v1/progress/{account_id}")
        if not answer.is_success:
            raise Unavailable(_OTHERWISE)
        try:
            return Progress(**_ProgressSchema().load(answer.json))
        except ValidationError as error:
            raise Unavailable(_OTHERWISE) from error
