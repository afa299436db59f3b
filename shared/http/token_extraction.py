"""Where a service finds the token and the internal key; the old clients' places are the
gateway's business.
"""

import hmac

from flask import request

from shared.access_tokens import Identity, InvalidToken, TokenVerifier
from shared.errors import NotAuthenticated


def bearer_identity(verifier: TokenVerifier, *, is_required: bool) -> Identity | None:
    """Verify `Authorization: Bearer <token>`; None when there is none and none is required.

    Raises:
        NotAuthenticated: a token is required and missing, or another scheme was sent.
        InvalidToken: also for two headers merged into one by a comma.
        TokenExpired: see TokenVerifier.
    """
    header = request.headers.get("Authorization")
    if not header:
        if is_required:
            raise NotAuthenticated
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticated
    token = token.strip(" \t")  # what HTTP calls blank, and nothing else
    if "," in token or " " in token:
        raise InvalidToken
    return verifier.verify(token)


def internal_caller(internal_key: str) -> None:
    """Let only holders of the internal key pass; compared in constant time.

    Raises:
        NotAuthenticated: the header X-Internal-Key is missing or wrong.
    """
    shown = request.headers.get("X-Internal-Key", "")
    if not hmac.compare_digest(shown.encode("utf-8", "replace"), internal_key.encode()):
        raise NotAuthenticated
