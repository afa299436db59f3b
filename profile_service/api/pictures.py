"""`/api/v1/profiles/<id>/picture` and `/api/v1/pictures/<id>`: load, operate, dump."""

from http import HTTPStatus

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from profile_service.api.listings import is_listed_now
from profile_service.api.profiles import ACCOUNT_ID
from profile_service.api.schemas.pictures import PictureSchema
from profile_service.domain.accounts import known_or_present_account
from profile_service.domain.audit_entries import Act
from profile_service.domain.care_relations import is_visible_to
from profile_service.domain.picture_files import MOST_BYTES
from profile_service.domain.pictures import (
    PictureView,
    default_picture,
    delete_picture,
    picture_of,
    put_picture,
)
from profile_service.domain.profiles import record_of
from profile_service.errors import NotAnImage, ProfileNotFound
from profile_service.parts import parts
from shared.access_tokens import Identity
from shared.errors import InvalidRequest
from shared.http.auditing import audit_read
from shared.http.blueprint import Blueprint, with_identity
from shared.http.conditional import honours_if_none_match
from shared.http.context import clock, database
from shared.http.declared import refuses
from shared.http.idempotency import honours_idempotency_key, writing_once

blueprint = Blueprint(
    "pictures",
    __name__,
    url_prefix="/api/v1/profiles",
    description="Pictures of people.",
)
public_blueprint = Blueprint(
    "public_pictures",
    __name__,
    url_prefix="/api/v1/pictures",
    description="Pictures of listed therapists.",
)
# A form's own words around the file.
_FORM_BYTES = 64 * 1024
_PUBLIC = "public, max-age=300"
_PRIVATE = "private, no-cache"
_JPEG = "image/jpeg"


@blueprint.put("/me/picture")
@with_identity
@blueprint.response(HTTPStatus.OK, PictureSchema)
@blueprint.doc(  # type: ignore[untyped-decorator] # flask-smorest ships no types
    requestBody={
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["picture"],
                    "properties": {"picture": {"type": "string", "format": "binary"}},
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
)
@honours_idempotency_key
@refuses(NotAnImage)
def put_own_picture(identity: Identity) -> Response:
    """Set one's picture: JPEG, PNG or WebP of at most 5 MiB and 25 megapixels (WebP 10), as a
    form's file `picture` or as the body. It is encoded anew; what it says about itself is ignored.
    """
    sent = _sent_picture()
    encoded = parts().studio.encode(sent)
    now = clock().now()
    return writing_once(
        lambda session: put_picture(session, encoded, account_id=identity.account_id, now=now),
        lambda view: {"etag": view.etag, "size_bytes": len(view.content)},
        status=HTTPStatus.OK,
        content=sent,
    )


@blueprint.delete("/me/picture")
@with_identity
@blueprint.response(HTTPStatus.NO_CONTENT)
def delete_own_picture(identity: Identity) -> None:
    """Forget one's picture; the default one is shown from now on."""
    database().writing(lambda session: delete_picture(session, account_id=identity.account_id))


@blueprint.get("/me/picture")
@with_identity
@blueprint.response(HTTPStatus.OK, content_type=_JPEG)
@honours_if_none_match
def read_own_picture(identity: Identity) -> Response:
    """Look at one's picture, or the default one."""
    found = database().reading(lambda session: picture_of(session, identity.account_id))
    return _shown(found, _PRIVATE)


@blueprint.get(f"/{ACCOUNT_ID}/picture")
@with_identity
@blueprint.response(HTTPStatus.OK, content_type=_JPEG)
@honours_if_none_match
@refuses(ProfileNotFound)
def read_picture(account_id: int, identity: Identity) -> Response:
    """Look at somebody's picture: the default one unless it is visible or they are listed."""
    record = database().reading(
        lambda session: record_of(session, account_id, caller_id=identity.account_id)
    )
    known_or_present_account(parts().accounts, account_id, record.account)
    found = database().reading(lambda session: picture_of(session, account_id))
    if found is None or is_listed_now(account_id):
        return _shown(found, _PRIVATE)
    is_visible = is_visible_to(
        identity,
        account_id,
        booking=parts().booking,
        is_related_by_copy=record.is_related_by_copy,
    )
    if is_visible:
        audit_read(Act.PICTURE_READ, identity, account_id)
    return _shown(found if is_visible else None, _PRIVATE)


@public_blueprint.get(f"/{ACCOUNT_ID}")
@public_blueprint.response(HTTPStatus.OK, content_type=_JPEG)
@honours_if_none_match
def read_public_picture(account_id: int) -> Response:
    """Look at a listed therapist's picture; the default one for anybody else. May be cached."""
    found = database().reading(lambda session: picture_of(session, account_id))
    return _shown(found if found is not None and is_listed_now(account_id) else None, _PUBLIC)


def _sent_picture() -> bytes:
    """Give the bytes that were sent, as a form's file or as the body.

    Raises:
        RequestEntityTooLarge: more than 5 MiB.
        InvalidRequest: a form without the file.
    """
    content = _form_file() if request.mimetype == "multipart/form-data" else _whole_body()
    if len(content) > MOST_BYTES:
        raise RequestEntityTooLarge
    return content


def _whole_body() -> bytes:
    # one more than allowed: a body without a length is cut off silently at the limit
    request.max_content_length = MOST_BYTES + 1
    return request.get_data(cache=False)


def _form_file() -> bytes:
    request.max_content_length = MOST_BYTES + _FORM_BYTES
    # of the reader's buffer, the file included; None would be Flask's own 500 kB
    request.max_form_memory_size = MOST_BYTES + _FORM_BYTES
    file = request.files.get("picture")
    if file is None:
        raise InvalidRequest(errors={"picture": ["Missing data for required field."]})
    return file.stream.read(MOST_BYTES + 1)


def _shown(picture: PictureView | None, caching: str) -> Response:
    """Answer the picture or the default one; 304 when the caller has it."""
    shown = picture or default_picture()
    answer = Response(shown.content, content_type=_JPEG)
    answer.set_etag(shown.etag)
    answer.headers["Cache-Control"] = caching
    return answer.make_conditional(request)  # type: ignore[return-value] # the same class comes back
