"""Kinds of problem documents (RFC 9457): how each is named, and how a description tells of it;
alike in every service and in the gateway. Which kinds there are stands where they are refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

Document = dict[str, Any]
Members = Mapping[str, Mapping[str, Any]]
"""What a kind adds to its document, by name: a JSON schema of each."""

PAGES: Final = "/problems"
PROBLEM: Final = "Problem"
RETRY_AFTER: Final = "Retry-After"
_DELAYED: Final = frozenset({429, 503})

REMEDIES: Final[Mapping[int, str]] = {
    400: "Mend the client: this request can never be read.",
    401: "Get an access token, by a login or the refresh token, and send the request again.",
    403: "Do not ask again: the same caller gets the same answer.",
    404: "Take it as not there: what is hidden and what never was are not told apart.",
    405: "Mend the client: the header `Allow` names the methods.",
    409: "Read the present state again, and decide anew.",
    412: "Read it again, make the change to what stands there now, and send its new `ETag`.",
    413: "Send less.",
    414: "Mend the client: what is long belongs into a body.",
    415: "Mend the client: send another `Content-Type`.",
    422: "Show what is wrong beside the field; the same request gets the same answer.",
    428: "Read it first, and send its `ETag` as `If-Match`.",
    429: "Wait for as many seconds as `Retry-After` says, then send it again.",
    431: "Mend the client: send fewer and shorter headers.",
    500: "Send what only reads again later; quote `request_id` when asking for help.",
    503: "Wait for as many seconds as `Retry-After` says, then send it again; what writes only with"
    " the same `Idempotency-Key`.",
}
"""What a client does, by status, where the kind says nothing better."""

PROBLEM_SCHEMA: Final[Document] = {
    "type": "object",
    "description": "A problem document (RFC 9457); some codes add members of their own.",
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": f"`{PAGES}/<code>`: a page of this host about the kind",
        },
        "title": {"type": "string", "description": "the kind in two or three words"},
        "status": {"type": "integer", "description": "the HTTP status"},
        "detail": {"type": "string", "description": "a sentence that may be shown"},
        "code": {"type": "string", "description": "stable snake_case code of the refusal"},
        "request_id": {"type": "string", "description": "quote this when asking for help"},
        "errors": {
            "type": "object",
            "description": "with status 422, where fields are to blame: texts by field",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
    "required": ["code", "detail", "request_id", "status", "title", "type"],
}

HEADERS: Final[Mapping[str, Document]] = {
    "X-Request-ID": {
        "description": "quote this when asking for help",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": "limits that were counted: so many (`q`) in so many seconds (`w`), by name",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "what they leave (`r`), and the seconds until there is room again (`t`)",
        "schema": {"type": "string"},
    },
    RETRY_AFTER: {
        "description": "seconds until asking again makes sense",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "how to authenticate",
        "schema": {"type": "string", "enum": ["Bearer"]},
    },
}


ALWAYS: Final = ("X-Request-ID", "RateLimit-Policy", "RateLimit")
"""Headers every answer may have."""


def type_of(code: str) -> str:
    """Give the `type` of a code's problems. It is relative: RFC 9457 resolves it against the URL
    that was asked, which is the gateway's under whatever name it was reached; services know no
    other, and their answers stay alike in every installation.
    """
    return f"{PAGES}/{code}"


def title_of(code: str) -> str:
    """Give the `title` of a code's problems: the code in words, which never changes."""
    return code.replace("_", " ").capitalize()


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One kind. `sentence` is what `detail` says unless the occasion says more; `meaning` tells
    when it comes, `remedy` what a client does then.
    """

    code: str
    status: int
    sentence: str
    meaning: str = ""
    remedy: str = ""
    members: Members = field(default_factory=dict)

    @property
    def what_to_do(self) -> str:
        """Give what a client does."""
        return self.remedy or REMEDIES[self.status]

    def told(self) -> Document:
        """Give as JSON all that is said; `Problem(**told)` is the same kind again."""
        return {name: value for name, value in asdict(self).items() if value}


def response_of(problems: Sequence[Problem]) -> Document:
    """Describe the answer of one status that is one of these kinds."""
    kinds = sorted({each.code: each for each in problems}.values(), key=lambda kind: kind.code)
    status = kinds[0].status
    members: Document = {"code": {"type": "string", "enum": [kind.code for kind in kinds]}}
    for kind in kinds:
        for name, schema in kind.members.items():
            members[name] = {**schema, "description": f"{kind.code}: {schema['description']}"}
    return {
        "description": "\n\n".join(f"`{kind.code}`: {kind.sentence}" for kind in kinds),
        "headers": {name: reference("headers", name) for name in _headers_of(status)},
        "content": {
            "application/problem+json": {
                "schema": {
                    "allOf": [
                        reference("schemas", PROBLEM),
                        {"type": "object", "properties": members},
                    ]
                }
            }
        },
    }


def reference(section: str, name: str) -> Document:
    """Refer to a component."""
    return {"$ref": f"#/components/{section}/{name}"}


def _headers_of(status: int) -> Sequence[str]:
    names = [*ALWAYS]
    if status == 401:
        names.append("WWW-Authenticate")
    if status in _DELAYED:
        names.append(RETRY_AFTER)
    return names


ANYTHING_ELSE: Final[Document] = {
    "description": "What any request may meet before its operation, or an accident"
    " (`internal_error`).",
    "headers": {name: reference("headers", name) for name in ALWAYS},
    "content": {"application/problem+json": {"schema": reference("schemas", PROBLEM)}},
}
"""The answer no operation foresees."""
