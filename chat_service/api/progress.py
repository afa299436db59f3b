"""`/internal/v1/progress`: how far a person has come, for other services."""

from http import HTTPStatus

from chat_service.api.schemas.progress import ProgressSchema
from chat_service.domain.progress import ProgressView, read_progress
from chat_service.parts import parts
from shared.http.blueprint import Blueprint, path_identifier
from shared.http.context import database

blueprint = Blueprint(
    "progress",
    __name__,
    url_prefix="/internal/v1/progress",
    description="How far a person has come; for other services.",
)


@blueprint.get("/" + path_identifier("account_id"))
@blueprint.response(HTTPStatus.OK, ProgressSchema)
def read(account_id: int) -> ProgressView:
    """Read a person's progress; nothing done yet is all zeros."""
    return database().reading(
        lambda session: read_progress(session, account_id, parts().programmes)
    )
