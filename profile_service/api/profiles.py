"""`/api/v1/profiles`: load, operate, dump. Siblings are asked outside of transactions."""

from http import HTTPStatus

from flask import Response

from profile_service.api.listings import is_listed_now
from profile_service.api.schemas.profiles import (
    ChangeProfileSchema,
    ProfileSchema,
    SeenProfileSchema,
)
from profile_service.domain.accounts import (
    Account,
    are_proven,
    known_or_present_account,
    present_account,
)
from profile_service.domain.audit_entries import Act
from profile_service.domain.care_relations import Sight, is_visible_to
from profile_service.domain.profiles import (
    ChangeProfile,
    ProfileView,
    Record,
    SeenProfileView,
    change_profile,
    record_of,
    shown_told,
)
from profile_service.errors import ProfileNotFound
from profile_service.parts import parts
from shared.access_tokens import Identity
from shared.errors import NotAuthenticated
from shared.http.auditing import audit_read
from shared.http.blueprint import Blueprint, dumped, json_answer, path_identifier, with_identity
from shared.http.conditional import honours_if_match, precondition, shows_tag, tagged
from shared.http.context import clock, database, identity_if_any
from shared.http.declared import refuses
from shared.http.idempotency import honours_idempotency_key, written_once

blueprint = Blueprint(
    "profiles",
    __name__,
    url_prefix="/api/v1/profiles",
    description="What people tell about themselves.",
)
internal_blueprint = Blueprint(
    "profiles_internal",
    __name__,
    url_prefix="/internal/v1/profiles",
    description="Profiles as an older system's clients see them, for the gateway.",
)
ACCOUNT_ID = path_identifier("account_id")


@blueprint.get("/me")
@with_identity
@blueprint.response(HTTPStatus.OK, ProfileSchema)
@shows_tag
@refuses(ProfileNotFound)
def read_own_profile(identity: Identity) -> Response:
    """Read one's own profile; its ETag is that of what `PATCH` changes."""
    record = _record(identity, identity.account_id)
    account = present_account(parts().accounts, identity.account_id, record.account)
    return _own_profile(account, record)


@blueprint.patch("/me")
@with_identity
@blueprint.arguments(ChangeProfileSchema)
@blueprint.response(HTTPStatus.OK, ProfileSchema)
@honours_if_match()
@honours_idempotency_key
@refuses(ProfileNotFound)
def change_own_profile(command: ChangeProfile, identity: Identity) -> Response:
    """Change one's own profile; If-Match is honoured, not needed."""
    account_id, state = identity.account_id, precondition()
    account = present_account(parts().accounts, account_id, _record(identity, account_id).account)
    today = clock().now().date()
    written_once(
        lambda session: change_profile(
            session, command, account=account, precondition=state, today=today
        ),
        lambda _session: None,
    )
    return _own_profile(account, _record(identity, account_id))


@blueprint.get(f"/{ACCOUNT_ID}")
@with_identity
@blueprint.response(HTTPStatus.OK, SeenProfileSchema)
@refuses(ProfileNotFound)
def read_profile(account_id: int, identity: Identity) -> SeenProfileView:
    """Read the profile of somebody who is visible (to themselves, staff, and the two sides of a
    care relation) or a listed therapist. Address and birth date are for the person and staff, and
    across a care relation once both addresses are proven.
    """
    view, sight = _seen_profile(account_id, identity)
    if not sight.has_name:
        raise ProfileNotFound
    return view


@internal_blueprint.get(f"/{ACCOUNT_ID}")
@internal_blueprint.response(HTTPStatus.OK, SeenProfileSchema)
@refuses(ProfileNotFound)
def read_any_profile(account_id: int) -> SeenProfileView:
    """Read somebody's profile for the caller whose token comes along: of anybody but those the
    public operation shows without last name, address and birth date.
    """
    identity = identity_if_any()
    if identity is None:
        raise NotAuthenticated
    return _seen_profile(account_id, identity)[0]


def _seen_profile(account_id: int, identity: Identity) -> tuple[SeenProfileView, Sight]:
    record = _record(identity, account_id)
    account = known_or_present_account(parts().accounts, account_id, record.account)
    sight = _sight(identity, account_id, record)
    if sight.is_visible:
        audit_read(Act.PROFILE_READ, identity, account_id)
    return SeenProfileView.of(account, record, sight), sight


def _sight(identity: Identity, account_id: int, record: Record) -> Sight:
    if identity.is_staff or identity.account_id == account_id:
        return Sight(is_visible=True, is_listed=False, has_contact=True)
    is_visible = is_visible_to(
        identity,
        account_id,
        booking=parts().booking,
        is_related_by_copy=record.is_related_by_copy,
    )
    if not is_visible:
        return Sight(is_visible=False, is_listed=is_listed_now(account_id), has_contact=False)
    own = _record(identity, identity.account_id).account
    both = ((account_id, record.account), (identity.account_id, own))
    has_contact = are_proven(parts().accounts, *both)
    return Sight(is_visible=True, is_listed=False, has_contact=has_contact)


def _own_profile(account: Account, record: Record) -> Response:
    view = ProfileView.of(account, record)
    answer = json_answer(dumped(ProfileSchema, view))
    return tagged(answer, shown_told(record.told, account))


def _record(identity: Identity, account_id: int) -> Record:
    return database().reading(
        lambda session: record_of(session, account_id, caller_id=identity.account_id)
    )
