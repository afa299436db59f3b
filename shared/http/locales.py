"""In which language texts are answered: by the query parameter `locale`, else by
`Accept-Language` (RFC 9110, 12.5.4).
"""

from flask import after_this_request, has_request_context, request
from flask.wrappers import Response
from marshmallow import fields, validate

LOCALES = ("ru", "en", "ar")


def locale_field(otherwise: str = "as they are kept") -> fields.String:
    """Make the query parameter `locale`; missing, it is what `Accept-Language` prefers, and None
    where that names none of ours: `otherwise` says what is answered then.
    """
    return fields.String(
        load_default=accepted_locale,
        validate=validate.OneOf(LOCALES),
        metadata={
            "description": "answer texts in this language; without it the best of"
            f" Accept-Language, else {otherwise}"
        },
    )


def accepted_locale() -> str | None:
    """Give the best of ru, en, ar by the request's `Accept-Language`; None where none is named. The
    answer says that it hangs on it.
    """
    if not has_request_context():
        return None
    after_this_request(_varied)
    for tag, quality in request.accept_languages:  # best first
        language = tag.partition("-")[0].lower()
        if quality and language in LOCALES:
            return language
    return None


def _varied(answer: Response) -> Response:
    answer.vary.add("Accept-Language")
    return answer
