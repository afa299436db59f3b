"""Bodies of `/api/v1/accounts` and `/internal/v1/accounts`."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from auth_service.api.schemas.login_sessions import door_field
from auth_service.domain.accounts import LOCALES, ChangeAccount, InvitePerson, OpenAccount
from auth_service.domain.login_sessions import Door
from auth_service.models.accounts import NAME_CHARACTERS, USER_NAME_CHARACTERS
from auth_service.queries.accounts import AccountFilter, NumberedPageWanted
from shared.access_tokens import ROLES
from shared.http.fields import (
    MAX_IDENTIFIER,
    EmailAddress,
    Instant,
    Name,
    QueryNumber,
    Secret,
    TimeZone,
)
from shared.http.openapi import one_of
from shared.http.pagination import PageWantedSchema, page_wanted
from shared.pages import PageWanted
from shared.schemas import CommandSchema

LONGEST_PASSWORD = 65_536  # the policy judges what is too long, the body's limit bounds it


@dataclass(frozen=True, kw_only=True)
class OpenAccountAndLogIn:
    """Open an account for an older system's client, who is logged in at once."""

    account: OpenAccount
    opened_through: Door


@dataclass(frozen=True, kw_only=True)
class WantedAccounts:
    """The ids another service asks for."""

    ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class GiveRole:
    """A role for somebody else."""

    role: str


def email_field(*, required: bool = True) -> EmailAddress:
    """Make the field of an address."""
    return EmailAddress(
        required=required, metadata={"description": "kept in lower case, at most 254 characters"}
    )


def password_to_set(
    *, required: bool = True, description: str = "8 to 128 characters, not common, not only digits"
) -> Secret:
    """Make the field of a password to be judged; the policy says what is too short or too long."""
    return Secret(
        required=required, maximum=LONGEST_PASSWORD, metadata={"description": description}
    )


def locale_field() -> fields.String:
    """Make the field of a locale."""
    return fields.String(
        validate=validate.OneOf(LOCALES),
        metadata={"description": "ru, en or ar; otherwise the best of Accept-Language, else en"},
    )


def _role_field(**more: Any) -> fields.String:
    return fields.String(
        validate=validate.OneOf(sorted(ROLES)),
        metadata={"description": "client, therapist, moderator or admin"},
        **more,
    )


def _user_name_field(**more: Any) -> Name:
    return Name(
        maximum=USER_NAME_CHARACTERS,
        metadata={"description": "unique alias, without regard to case"},
        **more,
    )


def _first_name_field(**more: Any) -> Name:
    return Name(
        maximum=NAME_CHARACTERS, metadata={"description": "how the person is addressed"}, **more
    )


def _last_name_field(**more: Any) -> Name:
    return Name(
        maximum=NAME_CHARACTERS, may_be_blank=True, metadata={"description": "may be empty"}, **more
    )


class PersonSchema(Schema):
    """What somebody who opens an account says about themselves."""

    email = email_field()
    password = password_to_set()
    first_name = _first_name_field(required=True)
    last_name = _last_name_field(load_default="")
    locale = locale_field()
    country = fields.String(
        validate=validate.Regexp(r"[A-Z]{2}\Z"),
        metadata={"description": "ISO 3166-1 alpha-2, for help lines"},
    )
    time_zone = TimeZone(metadata={"description": "IANA name"})


class OpenAccountSchema(PersonSchema):
    """An account to open; without a password its owner is invited to set one."""

    password = password_to_set(
        required=False, description="a client's only; without one a link to set it is mailed"
    )
    user_name = _user_name_field()
    role = _role_field(load_default="client")

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> OpenAccount | InvitePerson:
        return OpenAccount(**data) if "password" in data else InvitePerson(**data)


class OpenAccountAndLogInSchema(PersonSchema):
    """An account to open through one of the older systems."""

    user_name = _user_name_field()
    role = _role_field(load_default="client")
    opened_through = door_field(Door.ACCOUNTS, Door.MATCHING)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> OpenAccountAndLogIn:
        door = Door(data.pop("opened_through"))
        return OpenAccountAndLogIn(account=OpenAccount(**data), opened_through=door)


class ChangeAccountSchema(CommandSchema):
    """What may be changed; another address is pending until its code comes back."""

    makes = ChangeAccount

    user_name = _user_name_field()
    first_name = _first_name_field()
    last_name = _last_name_field()
    email = EmailAddress(metadata={"description": "pending until confirmed"})
    password = Secret(
        metadata={"description": "the present one; for another address after ten minutes"}
    )


class GiveRoleSchema(CommandSchema):
    """A role for somebody else."""

    makes = GiveRole

    role = _role_field(required=True)


@dataclass(frozen=True, kw_only=True)
class AccountsWanted:
    """Which accounts a list is about."""

    page: PageWanted
    filter: AccountFilter


class AccountsWantedSchema(PageWantedSchema):
    """Which accounts a list is about; only staff may look somebody up."""

    email = EmailAddress(load_default=None, metadata={"description": "only who has this address"})
    name = Name(
        maximum=2 * NAME_CHARACTERS + 1,
        load_default=None,
        metadata={"description": "how first and last name begin, or last and first; no case"},
    )
    role = fields.String(
        load_default=None,
        validate=validate.OneOf(sorted(ROLES)),
        metadata={"description": "only who is this here"},
    )
    is_locked = fields.Boolean(
        data_key="locked",
        load_default=None,
        truthy={"true"},
        falsy={"false"},
        metadata={"description": "only who may not log in, or only who may"},
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> AccountsWanted:
        """Give page and filter."""
        return AccountsWanted(page=page_wanted(data), filter=AccountFilter(**data))


class NumberedPageWantedSchema(CommandSchema):
    """A page by its number."""

    makes = NumberedPageWanted

    page = QueryNumber(
        minimum=1, maximum=10**9, required=True, metadata={"description": "counts from 1"}
    )
    per_page = QueryNumber(
        minimum=1, maximum=100, required=True, metadata={"description": "1 to 100"}
    )


class WantedAccountsSchema(Schema):
    """Which accounts another service asks for."""

    ids = fields.String(
        required=True,
        validate=validate.Regexp(r"[0-9]{1,16}(,[0-9]{1,16}){0,99}\Z"),
        metadata={"description": "1 to 100 ids, separated by commas"},
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> WantedAccounts:
        """Give the ids that can exist."""
        ids = (int(text) for text in data["ids"].split(","))
        return WantedAccounts(ids=tuple(each for each in ids if each <= MAX_IDENTIFIER))


class AccountSchema(Schema):
    """An account as its owner and staff see it."""

    id = fields.Integer(metadata={"description": "the account's id; a therapist's practitioner id"})
    email = EmailAddress(metadata={"description": "as the person wrote it, in lower case"})
    user_name = fields.String(metadata={"description": "unique alias, without regard to case"})
    first_name = fields.String(metadata={"description": "the person's, as they gave it"})
    last_name = fields.String(metadata={"description": "may be empty"})
    role = fields.String(metadata=one_of(sorted(ROLES), "what the person is here"))
    is_verified = fields.Boolean(metadata={"description": "the address is proved"})
    is_locked = fields.Boolean(metadata={"description": "nobody may log in"})
    must_change_password = fields.Boolean(
        metadata={"description": "the password is weak and was accepted for an old client"}
    )
    created_at = Instant(metadata={"description": "UTC"})


_EMAIL_SEEN = "in lower case; null unless visible, and until both addresses are proved"


class SeenAccountSchema(AccountSchema):
    """An account that is visible to the caller."""

    email = EmailAddress(allow_none=True, metadata={"description": _EMAIL_SEEN})


class NumberedAccountPageSchema(Schema):
    """One page of accounts, and how many there are."""

    items = fields.List(
        fields.Nested(SeenAccountSchema), metadata={"description": "the page's rows"}
    )
    total = fields.Integer(metadata={"description": "rows in all"})


class ShownAccountSchema(Schema):
    """An account as the caller may see it: null is what is not visible to them."""

    id = fields.Integer(metadata={"description": "the account's id; a therapist's practitioner id"})
    email = EmailAddress(allow_none=True, metadata={"description": _EMAIL_SEEN})
    user_name = fields.String(metadata={"description": "unique alias, without regard to case"})
    first_name = fields.String(metadata={"description": "the person's, as they gave it"})
    last_name = fields.String(metadata={"description": "may be empty"})
    role = fields.String(metadata=one_of(sorted(ROLES), "what the person is here"))
    is_listed = fields.Boolean(metadata={"description": "a therapist with a public record"})
    is_verified = fields.Boolean(allow_none=True, metadata={"description": "address proved"})
    is_locked = fields.Boolean(allow_none=True, metadata={"description": "nobody may log in"})
    must_change_password = fields.Boolean(
        allow_none=True,
        metadata={"description": "the password is weak and was accepted for an old client"},
    )
    created_at = Instant(allow_none=True, metadata={"description": "UTC"})


class ChangedAccountSchema(AccountSchema):
    """An account after a change, with the address that waits for its code."""

    pending_email = EmailAddress(
        allow_none=True, metadata={"description": "becomes the address once its code is given"}
    )


class AccountForServiceSchema(AccountSchema):
    """An account as other services see it."""

    locale = fields.String(metadata={"description": "ru, en or ar"})
    country = fields.String(allow_none=True, metadata={"description": "ISO 3166-1 alpha-2"})
    time_zone = fields.String(allow_none=True, metadata={"description": "IANA name"})
    version = fields.Integer(metadata={"description": "grows with every change"})
