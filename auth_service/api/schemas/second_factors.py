"""Bodies of one's own second factor."""

from dataclasses import dataclass, field

from marshmallow import Schema, fields

from shared.http.fields import Secret, Truth
from shared.schemas import CommandSchema


@dataclass(frozen=True, kw_only=True)
class ShowPassword:
    """The caller's password."""

    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ShowCode:
    """A code of the app."""

    code: str = field(repr=False)


class ShowPasswordSchema(CommandSchema):
    """The caller's password: a stolen token alone neither sets up nor takes away."""

    makes = ShowPassword

    password = Secret(required=True, metadata={"description": "the caller's present password"})


class ShowCodeSchema(CommandSchema):
    """A code that the app shows."""

    makes = ShowCode

    code = Secret(required=True, maximum=64, metadata={"description": "six digits"})


class BegunSecondFactorSchema(Schema):
    """What the app needs; shown this once."""

    secret = fields.String(metadata={"description": "base32, to be typed"})
    uri = fields.String(metadata={"description": "otpauth://…, to be shown as a QR code"})


class RecoveryCodesSchema(Schema):
    """The codes that help when the app is lost; shown this once."""

    recovery_codes = fields.List(
        fields.String(), metadata={"description": "each is good once, instead of a code"}
    )


class SecondFactorSchema(Schema):
    """How it stands with one's own second factor."""

    is_set_up = Truth(metadata={"description": "logins need a code"})
    is_required = Truth(metadata={"description": "the setting asks staff for one"})
    recovery_codes_left = fields.Integer(metadata={"description": "unused recovery codes"})
