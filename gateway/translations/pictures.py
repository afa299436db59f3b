"""Profile pictures in `wellbeing`: uploading (W6) and looking (W8). Whether bytes are an image
is for the profile service to say.
"""

from gateway.exchange import (
    FieldRefused,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import wellbeing_dialect as dialect
from gateway.translations.identifiers import path_id
from gateway.translations.profiles import USER_NOT_FOUND

PICTURE_BYTES = 5 * 1024 * 1024

_NO_FILE = dialect.field_errors({"picture": ["No file was submitted."]})
_NO_IMAGE = dialect.field_errors(
    {
        "picture": [
            "Upload a valid image. "
            "The file you uploaded was either not an image or a corrupted image."
        ]
    }
)
_TOO_LARGE = dialect.detail("Body too large.", 413)
_PASSED_ON = ("etag", "cache-control", "last-modified")


def _put_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    picture = request.files.get("picture")
    if picture is None:
        raise FieldRefused(_NO_FILE)
    if len(picture.content) > PICTURE_BYTES:
        raise FieldRefused(_TOO_LARGE)
    if not picture.content:
        raise FieldRefused(_NO_IMAGE)
    return ServiceRequest(
        method="PUT",
        path="/api/v1/profiles/me/picture",
        content=picture.content,
        media_type="application/octet-stream",
    )


def _put_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.message("Profile picture changed successfully")
    if response.status in (415, 422):
        return _NO_IMAGE
    return dialect.general_error(response)


def _read_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    account_id = path_id(request)
    if account_id is None:
        raise FieldRefused(USER_NOT_FOUND)
    return ServiceRequest(method="GET", path=f"/api/v1/profiles/{account_id}/picture")


def _read_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.status == 404:
        return USER_NOT_FOUND
    if not response.is_success:
        return dialect.general_error(response)
    return LegacyAnswer(
        content=response.content,
        media_type="image/jpeg",
        headers={
            name: value for name, value in response.headers.items() if name.lower() in _PASSED_ON
        },
    )


CHANGE_PICTURE = Translation(to_service=_put_to_service, to_legacy=_put_to_legacy)
READ_PICTURE = Translation(to_service=_read_to_service, to_legacy=_read_to_legacy)
