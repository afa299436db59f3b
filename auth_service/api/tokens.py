"""Minting access tokens, after the login session they speak of has been committed."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token

from auth_service.domain.accounts import AccountView
from auth_service.domain.login_sessions import Door, OpenedLoginSession
from auth_service.domain.signing_keys import SigningKey
from shared.access_tokens import AUDIENCE, ISSUER, STAFF
from shared.clock import Clock
from shared.http.context import clock

_KEY_ID = "HEARTH_SIGNING_KEY_ID"


@dataclass(frozen=True, kw_only=True)
class TokenAnswer:
    """What a login gives: tokens and who has logged in."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(repr=False)
    account: AccountView


def register_tokens(app: Flask, key: SigningKey) -> None:
    """Make the application sign with the key; its id stands in every token's header."""
    app.config.update(
        {
            "JWT_ALGORITHM": "EdDSA",
            "JWT_PRIVATE_KEY": key.private_pem,
            "JWT_PUBLIC_KEY": key.public_pem,
            "JWT_ENCODE_ISSUER": ISSUER,
            "JWT_ENCODE_AUDIENCE": AUDIENCE,
            "JWT_COOKIE_CSRF_PROTECT": False,  # tokens never stand in cookies here
            _KEY_ID: key.key_id,
        }
    )
    JWTManager(app)


def token_answer(app: Flask, opened: OpenedLoginSession) -> TokenAnswer:
    """Sign the access token of a login session."""
    return TokenAnswer(
        access_token=_signed(app, opened, clock()),
        expires_at=opened.token_expires_at,
        refresh_token=opened.refresh_token,
        account=opened.account,
    )


def role_claim(role: str, door: Door) -> str:
    """Say a role in the words of the dialect the token is made for: clients of `accounts` read the
    claim, and their contract has no therapists.
    """
    is_theirs = door is Door.ACCOUNTS and role not in STAFF
    return "user" if is_theirs else role


def _signed(app: Flask, opened: OpenedLoginSession, clock: Clock) -> str:
    account = opened.account
    now = int(clock.now().timestamp())
    token: str = create_access_token(
        identity=str(account.id),
        additional_claims={
            "id": account.id,
            "role": role_claim(account.role, opened.door),
            "hearth_role": account.role,
            "sid": opened.id,
            "verified": account.is_verified,
            "iat": now,
            "nbf": now,
            "exp": int(opened.token_expires_at.timestamp()),
            "jti": str(uuid.uuid4()),
            **({"duty": opened.duty} if opened.duty else {}),
        },
        additional_headers={"kid": app.config[_KEY_ID]},
    )
    return token
