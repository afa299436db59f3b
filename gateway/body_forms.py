"""What a body holds: an object of JSON, or a form's fields and files, as strict for one as for the
other.

Fields stay as they were sent; what they mean, and that a string with NUL or a lone surrogate is a
bad value, is decided per field.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO
from urllib.parse import parse_qsl

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header

from gateway.errors import Circumstances, Fault, Refused, unreadable_body
from gateway.exchange import Fields, UploadedFile
from shared import strict_json

MAX_FORM_FIELDS = 200
MAX_FORM_TEXT_BYTES = 64 * 1024
_SHOWN_MEDIA_TYPE_CHARACTERS = 100
_JSON = "application/json"
_URL_ENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


@dataclass(frozen=True, kw_only=True)
class ReadBody:
    """A body's object: fields, and the files of a multipart form."""

    fields: Fields = field(default_factory=dict)
    files: Mapping[str, UploadedFile] = field(default_factory=dict)


EMPTY = ReadBody()


def fields_of(content: bytes, content_type: str, *, is_form_only: bool = False) -> ReadBody:
    """Read the body's object: JSON (also without a media type) or a form.

    Raises:
        Refused: `MEDIA_TYPE`, `UNREADABLE_BODY` or `NO_OBJECT`.
    """
    media_type, options = parse_options_header(content_type)
    media_type = media_type.lower()
    if media_type == _URL_ENCODED:
        return _url_encoded(content)
    if media_type == _MULTIPART:
        return _multipart(content, options.get("boundary", ""))
    if is_form_only:
        return _refuse_media_type_unless_empty(content, media_type)
    if media_type in ("", _JSON) or (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        return _json(content)
    return _refuse_media_type_unless_empty(content, media_type)


def _refuse_media_type_unless_empty(content: bytes, media_type: str) -> ReadBody:
    if not content and media_type != _JSON:
        return EMPTY
    raise unsupported(media_type)


def unsupported(media_type: str) -> Refused:
    """Give the refusal of a media type or coding, as much of its name as may be shown."""
    shown = "".join(each for each in media_type if each.isprintable())
    shown = shown[:_SHOWN_MEDIA_TYPE_CHARACTERS]
    return Refused(Fault.MEDIA_TYPE, Circumstances(media_type=shown))


def _json(content: bytes) -> ReadBody:
    if not content.strip():
        return EMPTY
    try:
        value = strict_json.loads(content, has_checked_strings=False)
    except strict_json.UnreadableJson as error:
        raise unreadable_body(str(error)) from error
    if value is None:
        return EMPTY
    if not isinstance(value, dict):
        raise Refused(Fault.NO_OBJECT, Circumstances(found=type(value).__name__))
    return ReadBody(fields=value)


def _url_encoded(content: bytes) -> ReadBody:
    try:
        pairs = parse_qsl(
            content.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MAX_FORM_FIELDS,
        )
    except UnicodeDecodeError:
        raise unreadable_body("not UTF-8") from None
    except ValueError:
        raise unreadable_body("too many fields") from None
    return ReadBody(fields=_without_repeats(pairs))


def _multipart(content: bytes, boundary: str) -> ReadBody:
    if not content:
        return EMPTY
    # The parser's memory limit is of its buffer, files included: the fields' texts are measured
    # here, the body as a whole is bounded already.
    parser = MultiPartParser(
        stream_factory=_memory_stream, max_form_memory_size=None, max_form_parts=MAX_FORM_FIELDS
    )
    try:
        form, files = parser.parse(io.BytesIO(content), boundary.encode("latin-1"), len(content))
    except RequestEntityTooLarge:
        raise Refused(Fault.BODY_TOO_LARGE) from None
    except (ValueError, LookupError):
        raise unreadable_body("malformed multipart form") from None
    if sum(len(name) + len(text) for name, text in form.items(multi=True)) > MAX_FORM_TEXT_BYTES:
        raise Refused(Fault.BODY_TOO_LARGE)
    fields = _without_repeats(list(form.items(multi=True)))
    if b"\xef\xbf\xbd" not in content and any("\ufffd" in str(value) for value in fields.values()):
        raise unreadable_body("not UTF-8")
    uploaded = _uploaded(files)
    if fields.keys() & uploaded.keys():
        raise unreadable_body("repeated field")
    return ReadBody(fields=fields, files=uploaded)


def _uploaded(files: MultiDict[str, FileStorage]) -> dict[str, UploadedFile]:
    found: dict[str, UploadedFile] = {}
    for name, storage in files.items(multi=True):
        if name in found:
            raise unreadable_body("repeated field")
        found[name] = UploadedFile(
            filename=storage.filename or "",
            media_type=storage.mimetype or "",
            content=storage.stream.read(),
        )
    return found


def _memory_stream(*_sizes: object, **_named: object) -> IO[bytes]:
    """Keep uploads in memory: the whole body is bounded already."""
    return io.BytesIO()


def _without_repeats(pairs: list[tuple[str, str]]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise unreadable_body("repeated field")
        fields[name] = value
    return fields
