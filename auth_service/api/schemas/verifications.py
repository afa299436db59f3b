"""Bodies that ask for codes and give them back."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_dump, post_load, validates_schema

from auth_service.api.schemas.accounts import email_field
from auth_service.domain.accounts import Origin
from auth_service.domain.registrations import Claim
from auth_service.domain.verifications import GiveCode, GiveLink
from shared.http.fields import EmailAddress, Secret, Text, folded_code
from shared.http.openapi import MAY_BE_MISSING

MISSING = "Missing data for required field."
NOT_BOTH = "Send a token, or an address and a code."


@dataclass(frozen=True, kw_only=True)
class ProveAddress:
    """A code or a link's token, and what is shown beside it."""

    proof: GiveCode | GiveLink
    claim: Claim


def code_field(**more: Any) -> Text:
    """Make the field of a mailed code; what is no code is a wrong one."""
    return Text(
        minimum=1,
        maximum=64,
        may_be_blank=True,
        load_only=True,
        metadata={"description": "the six digits from the mail"},
        **more,
    )


def link_token_field() -> Secret:
    """Make the field of a link's token."""
    return Secret(metadata={"description": "from the mailed link, instead of address and code"})


def require_code_or_token(data: dict[str, Any]) -> None:
    """Refuse a body with neither a token nor both address and code, or with either too much.

    Raises:
        ValidationError: by field.
    """
    given = [name for name in ("email", "code") if name in data]
    if "token" in data and given:
        raise ValidationError({name: [NOT_BOTH] for name in given})
    if "token" not in data and len(given) < 2:
        raise ValidationError({name: [MISSING] for name in ("email", "code") if name not in data})


def given_code(data: dict[str, Any]) -> GiveCode:
    """Give the code of a body as it is compared."""
    return GiveCode(email=data["email"], code=folded_code(data["code"]))


class AddressSchema(Schema):
    """The address, as it is kept."""

    email = EmailAddress(metadata={"description": "as it was written, in lower case"})


class AskForCodeSchema(Schema):
    """The address to mail a code to."""

    email = email_field()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> str:
        """Give the address."""
        email: str = data["email"]
        return email


class GiveCodeSchema(Schema):
    """Address and code; what is no code is a wrong one."""

    email = email_field()
    code = code_field(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> GiveCode:
        return given_code(data)


class ProveAddressSchema(Schema):
    """Address and code, or the token of the mailed link."""

    email = email_field(required=False)
    code = code_field()
    token = link_token_field()
    secret = Secret(
        metadata={"description": "what the registration answered with; lets its password stand"}
    )

    @validates_schema
    def is_one_proof(self, data: dict[str, Any], **_: object) -> None:
        """Refuse both and neither."""
        require_code_or_token(data)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> ProveAddress:
        claim = Claim(through=Origin.API, secret=data.get("secret"))
        if "token" in data:
            return ProveAddress(proof=GiveLink(token=data["token"]), claim=claim)
        return ProveAddress(proof=given_code(data), claim=claim)


class ProvedAddressSchema(AddressSchema):
    """The address that counts as proved now."""

    purpose = fields.String(
        metadata={"description": "sign_up, email_change, or email_correction: agreed to"}
    )
    is_password_needed = fields.Boolean(
        metadata={
            MAY_BE_MISSING: True,
            "description": "true: no password stands, a link to set one is being mailed",
        }
    )

    @post_dump
    def told_when_so(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        """Leave out what is not the case."""
        if not data["is_password_needed"]:
            del data["is_password_needed"]
        return data
