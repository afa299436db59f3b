"""Bodies of `/api/v1/login-sessions` and `/internal/v1/login-sessions`."""

from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from auth_service.domain.credentials import Credentials
from auth_service.domain.login_sessions import Door
from auth_service.models.login_sessions import DEVICE_CHARACTERS
from shared.http.fields import EmailAddress, Instant, Name, Secret, Truth
from shared.schemas import CommandSchema


@dataclass(frozen=True, kw_only=True)
class LogIn:
    """Log in with address and password; `device` is how the person will recognise it."""

    credentials: Credentials
    device: str | None = None
    second_factor: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class LogInThroughDoor:
    """Log in through one of the older systems."""

    credentials: Credentials
    opened_through: Door
    require_verified: bool


@dataclass(frozen=True, kw_only=True)
class EndThroughDoor:
    """End everything that was opened through one of the older systems."""

    credentials: Credentials
    opened_through: Door


@dataclass(frozen=True, kw_only=True)
class Refresh:
    """Exchange a refresh token."""

    refresh_token: str = field(repr=False)


def door_field(*doors: Door) -> fields.String:
    """Make the field that names the older system."""
    return fields.String(
        required=True,
        validate=validate.OneOf([door.value for door in doors]),
        metadata={"description": "the older system whose client calls"},
    )


class CredentialsSchema(Schema):
    """Address and password."""

    email = EmailAddress(
        required=True, metadata={"description": "the account's address, without regard to case"}
    )
    password = Secret(required=True, metadata={"description": "the account's password, as typed"})

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> object:
        credentials = Credentials(email=data.pop("email"), password=data.pop("password"))
        return self.with_credentials(credentials, data)

    def with_credentials(self, credentials: Credentials, data: dict[str, Any]) -> object:
        """Give the command around the credentials."""
        return credentials


class LogInSchema(CredentialsSchema):
    """A login of the clean API."""

    device = Name(
        maximum=DEVICE_CHARACTERS,
        metadata={"description": "how the person recognises it; otherwise the User-Agent"},
    )

    second_factor = Secret(
        maximum=64,
        metadata={"description": "a code of the second factor, or a recovery code"},
    )

    def with_credentials(self, credentials: Credentials, data: dict[str, Any]) -> LogIn:
        return LogIn(credentials=credentials, **data)


class LogInThroughDoorSchema(CredentialsSchema):
    """A login of an older system's client."""

    opened_through = door_field(Door.WELLBEING, Door.ACCOUNTS, Door.MATCHING)
    require_verified = Truth(
        load_default=False, metadata={"description": "true refuses an address that is not proved"}
    )

    def with_credentials(self, credentials: Credentials, data: dict[str, Any]) -> LogInThroughDoor:
        return LogInThroughDoor(
            credentials=credentials,
            opened_through=Door(data["opened_through"]),
            require_verified=data["require_verified"],
        )


class EndThroughDoorSchema(CredentialsSchema):
    """A logout with address and password."""

    opened_through = door_field(Door.WELLBEING, Door.ACCOUNTS, Door.MATCHING)

    def with_credentials(self, credentials: Credentials, data: dict[str, Any]) -> EndThroughDoor:
        return EndThroughDoor(credentials=credentials, opened_through=Door(data["opened_through"]))


class RefreshSchema(CommandSchema):
    """A refresh token."""

    makes = Refresh

    refresh_token = Secret(
        required=True, metadata={"description": "from the last login or refresh; good once"}
    )


class LoginSessionSchema(Schema):
    """A running login session."""

    id = fields.String(metadata={"description": "the claim sid of its tokens"})
    device = fields.String(metadata={"description": "how the person recognises it"})
    address = fields.String(metadata={"description": "where it was last seen"})
    opened_through = fields.String(metadata={"description": "api, wellbeing, accounts, matching"})
    created_at = Instant(metadata={"description": "UTC"})
    last_seen_at = Instant(metadata={"description": "UTC"})
    is_current = fields.Boolean(metadata={"description": "this request's own"})
