"""`/api/v1/accounts` and `/internal/v1/accounts`: load, operate, dump."""

from collections.abc import Callable
from http import HTTPStatus

from flask import Response, current_app
from sqlalchemy.orm import Session

from auth_service.api.credentials import hash_of
from auth_service.api.email_changes import (
    asked_for,
    locked_with_address,
    refuse_taken,
    request,
)
from auth_service.api.email_corrections import propose
from auth_service.api.ending import announce_ended
from auth_service.api.even_answers import answered_in_steps
from auth_service.api.presence import require_presence
from auth_service.api.registrations import compared_with_unproved, new_account
from auth_service.api.schemas.accounts import (
    AccountForServiceSchema,
    AccountSchema,
    AccountsWanted,
    AccountsWantedSchema,
    ChangeAccountSchema,
    ChangedAccountSchema,
    GiveRole,
    GiveRoleSchema,
    NumberedAccountPageSchema,
    NumberedPageWantedSchema,
    OpenAccountAndLogIn,
    OpenAccountAndLogInSchema,
    OpenAccountSchema,
    SeenAccountSchema,
    ShownAccountSchema,
    WantedAccounts,
    WantedAccountsSchema,
)
from auth_service.api.schemas.tokens import TokenSchema
from auth_service.api.tokens import TokenAnswer, token_answer
from auth_service.api.visitors import caller_of_request, visitor
from auth_service.domain.accounts import (
    PROFESSIONALS,
    AccountForService,
    AccountView,
    ChangeAccount,
    InvitePerson,
    OpenAccount,
    Origin,
    SeenAccount,
    ShownAccount,
    allow_opening,
    open_account,
    rename_account,
)
from auth_service.domain.audit_entries import Act
from auth_service.domain.care_relations import is_visible_to, shown_account, visible_account
from auth_service.domain.codes import Purpose, fresh_code
from auth_service.domain.invitations import invite
from auth_service.domain.known_devices import remember_device
from auth_service.domain.login_sessions import (
    EndedLoginSession,
    OpenedLoginSession,
    open_login_session,
)
from auth_service.domain.password_hashing import UNUSABLE
from auth_service.domain.passwords import judge_password
from auth_service.domain.registrations import contest_address
from auth_service.domain.staff_acts import give_role, lock_account, unlock_account
from auth_service.errors import (
    AccountNotFound,
    EmailTaken,
    FreshLoginRequired,
    OpenedByInvitation,
    PasswordIncorrect,
    PasswordRejected,
    UserNameTaken,
)
from auth_service.models.accounts import Account
from auth_service.parts import parts
from auth_service.queries.accounts import (
    NumberedPage,
    NumberedPageWanted,
    account_answer,
    account_by_id,
    account_of,
    account_with_email,
    accounts_visible_to,
    accounts_with_ids,
    numbered_accounts_visible_to,
)
from auth_service.queries.care_relations import in_care_with, is_listed
from auth_service.queries.email_changes import pending_email_change
from shared.access_tokens import Identity
from shared.errors import NotAllowed, NotAuthenticated, TooManyRequests, Unavailable
from shared.http.auditing import audit_read
from shared.http.blueprint import (
    Blueprint,
    dumped,
    json_answer,
    requires_role,
    with_identity,
)
from shared.http.context import clock, database, identity_if_any
from shared.http.declared import refuses
from shared.http.idempotency import honours_idempotency_key, written_once
from shared.http.pagination import list_schema, page_schema, paged
from shared.pages import Page

blueprint = Blueprint(
    "accounts", __name__, url_prefix="/api/v1/accounts", description="Who somebody is."
)
internal_blueprint = Blueprint(
    "accounts_internal",
    __name__,
    url_prefix="/internal/v1/accounts",
    description="Accounts for the gateway and other services.",
)


@blueprint.post("")
@requires_role("moderator", "admin")
@blueprint.arguments(OpenAccountSchema)
@blueprint.response(HTTPStatus.CREATED, AccountSchema)
@refuses(EmailTaken, UserNameTaken, OpenedByInvitation, PasswordRejected)
def create_account(command: OpenAccount | InvitePerson, identity: Identity) -> AccountView:
    """Open a client's or therapist's account; admins also staff's. Without a password a link to
    set one is mailed; therapists and staff are opened in no other way. People sign up themselves by
    `/api/v1/registrations`, which never tells whether an address is known.
    """
    allow_opening(command.role, identity)
    if isinstance(command, InvitePerson):
        return _opened_by_invitation(command, identity)
    if command.role in PROFESSIONALS:
        raise OpenedByInvitation
    is_weak = judge_password(command.password, command.email)
    actor_id = identity.account_id
    security, now, caller = parts().security, clock().now(), caller_of_request()
    hashed = hash_of(command.password)
    new = new_account(command, Origin.STAFF, hashed, is_weak=is_weak)
    fresh = fresh_code(security, Purpose.SIGN_UP, command.email)

    def work(session: Session) -> AccountView:
        account = open_account(
            session, new, fresh, caller=caller, security=security, now=now, actor_id=actor_id
        )
        return AccountView.of(account)

    return database().writing(work)


def _opened_by_invitation(command: InvitePerson, identity: Identity) -> AccountView:
    security, now, actor_id = parts().security, clock().now(), identity.account_id
    new = new_account(command, Origin.STAFF, UNUSABLE, is_weak=False)

    def work(session: Session) -> AccountView:
        account = open_account(session, new, None, security=security, now=now, actor_id=actor_id)
        invite(session, account, actor_id=actor_id, security=security, now=now)
        return AccountView.of(account)

    return database().writing(work)


@internal_blueprint.post("")
@internal_blueprint.arguments(OpenAccountAndLogInSchema)
@internal_blueprint.response(HTTPStatus.CREATED, TokenSchema)
@refuses(NotAllowed, EmailTaken, UserNameTaken, PasswordRejected, TooManyRequests)
def create_account_through_door(command: OpenAccountAndLogIn) -> TokenAnswer:
    """Open an account for an older system's client and log them in. Weak passwords of clients are
    accepted and marked.
    """
    wanted, identity = command.account, identity_if_any()
    allow_opening(wanted.role, identity)
    is_client = wanted.role not in PROFESSIONALS
    is_weak = judge_password(wanted.password, wanted.email, accept_weak=is_client)
    _refuse_taken_address(wanted)
    security, now, lifetimes = parts().security, clock().now(), parts().lifetimes
    hashed = hash_of(wanted.password)
    new = new_account(wanted, Origin(command.opened_through), hashed, is_weak=is_weak)
    fresh = fresh_code(security, Purpose.SIGN_UP, wanted.email)
    seen = visitor(command.opened_through)
    actor_id = identity.account_id if identity is not None else None
    caller = caller_of_request()

    def work(session: Session) -> OpenedLoginSession:
        account = open_account(
            session, new, fresh, caller=caller, security=security, now=now, actor_id=actor_id
        )
        remember_device(session, account, caller, security=security, now=now)
        return open_login_session(
            session, account, seen, lifetimes=lifetimes, security=security, now=now
        )

    return token_answer(current_app, database().writing(work))


def _refuse_taken_address(wanted: OpenAccount) -> None:
    """Refuse before anything is hashed; the constraint decides all the same. An attempt with
    another password contests an account whose address nobody has proved.
    """
    email, now = wanted.email, clock().now()
    if database().reading(lambda session: account_with_email(session, email)) is None:
        return
    compared_with_unproved(
        wanted, lambda session, comparison: contest_address(session, email, comparison, now=now)
    )
    raise EmailTaken


@blueprint.get("")
@with_identity
@blueprint.arguments(AccountsWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, page_schema(SeenAccountSchema))
@refuses(AccountNotFound, NotAllowed)
def list_accounts(wanted: AccountsWanted, identity: Identity) -> Response:
    """List what the caller may see: everybody for staff, who may look somebody up; otherwise
    oneself and the other sides of one's care relations, their `email` null until both addresses
    are proved.
    """
    if not (wanted.filter.is_empty or identity.is_staff):
        raise NotAllowed
    in_care = _in_care_of(identity)

    def read(session: Session) -> Page[SeenAccount]:
        page = accounts_visible_to(session, identity, in_care, wanted.page, wanted.filter)
        own = account_of(session, identity)
        return page.of([visible_account(account, identity, own) for account in page.items])

    page = database().reading(read)
    audit_read(Act.ACCOUNTS_LISTED, identity, None)
    return paged([dumped(SeenAccountSchema, each) for each in page.items], page)


@internal_blueprint.get("/pages")
@internal_blueprint.arguments(NumberedPageWantedSchema, location="query")
@internal_blueprint.response(HTTPStatus.OK, NumberedAccountPageSchema)
@refuses(AccountNotFound)
def list_accounts_through_door(wanted: NumberedPageWanted) -> NumberedPage[SeenAccount]:
    """List the same for an older system's client, by page numbers and with how many there are."""
    identity = identity_if_any()
    if identity is None:
        raise NotAuthenticated
    in_care = _in_care_of(identity)

    def read(session: Session) -> NumberedPage[SeenAccount]:
        page = numbered_accounts_visible_to(session, identity, in_care, wanted)
        own = account_of(session, identity)
        views = [visible_account(account, identity, own) for account in page.items]
        return NumberedPage(items=views, total=page.total)

    page = database().reading(read)
    audit_read(Act.ACCOUNTS_LISTED, identity, None)
    return page


def _in_care_of(identity: Identity) -> frozenset[int]:
    return frozenset() if identity.is_staff else _in_care_with(identity)


@blueprint.get("/me")
@with_identity
@blueprint.response(HTTPStatus.OK, AccountSchema)
@refuses(AccountNotFound)
def read_own_account(identity: Identity) -> Response:
    """Read one's own account."""
    answer = database().reading(lambda session: account_answer(session, identity.account_id))
    return json_answer(answer)


@blueprint.get("/<int:account_id>")
@with_identity
@blueprint.response(HTTPStatus.OK, ShownAccountSchema)
@refuses(AccountNotFound)
def read_account(identity: Identity, account_id: int) -> ShownAccount:
    """Read an account that is visible, `email` across a care relation once both addresses are
    proved; of a listed therapist everybody reads the names.
    """
    may_see, listed = _sight(identity, account_id)
    if not (may_see or listed):
        raise AccountNotFound

    def read(session: Session) -> ShownAccount:
        account = account_by_id(session, account_id)
        own = account_of(session, identity)
        visible = visible_account(account, identity, own) if may_see else None
        return shown_account(account, visible, is_listed=listed)

    shown = database().reading(read)
    if may_see:
        audit_read(Act.ACCOUNT_READ, identity, account_id)
    return shown


def _sight(identity: Identity, account_id: int) -> tuple[bool, bool]:
    """Tell whether the account is visible and whether it is a listed therapist's. Booking is asked
    about care, so that a relation that has ended closes the door at once; a listing is believed
    from the copy, and asked about before it is denied.
    """
    account, listed = database().reading(
        lambda session: (
            AccountView.of(account_by_id(session, account_id)),
            is_listed(session, account_id),
        )
    )
    if is_visible_to(identity, account_id, frozenset()):
        return True, listed
    may_be_in_care = "therapist" in (identity.role, account.role)
    may_see = may_be_in_care and account_id in _in_care_with(identity)
    if not may_see and not listed and account.role == "therapist":
        listed = _is_listed_at_booking(account_id)
    return may_see, listed


def _in_care_with(identity: Identity) -> frozenset[int]:
    try:
        return parts().booking.in_care_with(identity)
    except Unavailable:
        return database().reading(lambda session: in_care_with(session, identity.account_id))


def _is_listed_at_booking(account_id: int) -> bool:
    try:
        return parts().booking.is_listed(account_id)
    except Unavailable:
        return False


@blueprint.patch("/<int:account_id>")
@answered_in_steps
@with_identity
@blueprint.arguments(ChangeAccountSchema)
@blueprint.response(HTTPStatus.OK, ChangedAccountSchema)
@honours_idempotency_key
@refuses(
    AccountNotFound,
    NotAllowed,
    FreshLoginRequired,
    PasswordIncorrect,
    EmailTaken,
    UserNameTaken,
)
def change_account(
    command: ChangeAccount, identity: Identity, account_id: int
) -> dict[str, object]:
    """Change one's own names or address, or anybody's as an admin. Another address of one's own is
    pending as by `/me/email-changes`, that of somebody else is proposed as by
    `/<id>/email-corrections`; the present one changes nothing and leaves what is pending alone. An
    Idempotency-Key counts for names alone: a request that brings a code or a password keeps none.
    """
    if not _is_another_address(command, account_id, identity):
        return _renamed(command, identity, account_id)
    if identity.account_id == account_id:
        require_presence(identity, command.password)
    return _changed_with_address(command, identity, account_id, is_told=False)


@internal_blueprint.patch("/<int:account_id>")
@internal_blueprint.arguments(ChangeAccountSchema)
@internal_blueprint.response(HTTPStatus.OK, ChangedAccountSchema)
@honours_idempotency_key
@refuses(AccountNotFound, NotAllowed, EmailTaken, UserNameTaken, TooManyRequests)
def change_account_through_door(command: ChangeAccount, account_id: int) -> dict[str, object]:
    """Change an account through an older system, which is told when somebody has the address."""
    identity = identity_if_any()
    if identity is None:
        raise NotAuthenticated
    if not _is_another_address(command, account_id, identity):
        return _renamed(command, identity, account_id)
    return _changed_with_address(command, identity, account_id, is_told=True)


def _is_another_address(command: ChangeAccount, account_id: int, identity: Identity) -> bool:
    if identity.account_id != account_id and identity.role != "admin":
        raise NotAllowed
    present = database().reading(lambda session: account_by_id(session, account_id).email)
    return command.email is not None and command.email != present


def _changed(
    command: ChangeAccount,
    identity: Identity,
    account_id: int,
    then: Callable[[Session, Account], None] = lambda session, account: None,
) -> dict[str, object]:
    """Change the names, then do the rest, all or nothing."""
    return database().writing(_change(command, identity, account_id, then))


def _renamed(command: ChangeAccount, identity: Identity, account_id: int) -> dict[str, object]:
    """Change the names; with an Idempotency-Key once, unless a password came along, of which
    nothing is kept.
    """
    if command.password is not None:
        return _changed(command, identity, account_id)
    return written_once(
        _change(command, identity, account_id),
        lambda session: _shown_with_pending(session, account_by_id(session, account_id)),
    )


def _change(
    command: ChangeAccount,
    identity: Identity,
    account_id: int,
    then: Callable[[Session, Account], None] = lambda session, account: None,
) -> Callable[[Session], dict[str, object]]:
    now = clock().now()

    def work(session: Session) -> dict[str, object]:
        account = locked_with_address(session, account_id, command.email or "")
        rename_account(session, account, command, actor_id=identity.account_id, now=now)
        then(session, account)
        return _shown_with_pending(session, account)

    return work


def _shown_with_pending(session: Session, account: Account) -> dict[str, object]:
    pending = pending_email_change(session, account.id)
    view = vars(AccountView.of(account))
    return {**view, "pending_email": pending.new_email if pending is not None else None}


def _changed_with_address(
    command: ChangeAccount, identity: Identity, account_id: int, *, is_told: bool
) -> dict[str, object]:
    email = command.email or ""
    asked_for(account_id, email)
    fresh = fresh_code(parts().security, Purpose.EMAIL_CHANGE, email)

    def want(session: Session, account: Account) -> None:
        if is_told:
            refuse_taken(session, email)
        if identity.account_id == account_id:
            request(session, account, fresh, identity)
        else:
            propose(session, account, email, identity)

    return _changed(command, identity, account_id, want)


@blueprint.put("/<int:account_id>/lock")
@requires_role("moderator", "admin")
@blueprint.response(HTTPStatus.NO_CONTENT)
@refuses(AccountNotFound)
def create_account_lock(identity: Identity, account_id: int) -> None:
    """Lock an account: nobody logs in, every login session ends."""
    now = clock().now()
    ended = database().writing(
        lambda session: lock_account(session, account_id, identity=identity, now=now)
    )
    announce_ended(ended)


@blueprint.delete("/<int:account_id>/lock")
@requires_role("moderator", "admin")
@blueprint.response(HTTPStatus.NO_CONTENT)
@refuses(AccountNotFound)
def delete_account_lock(identity: Identity, account_id: int) -> None:
    """Unlock an account."""
    now = clock().now()
    database().writing(
        lambda session: unlock_account(session, account_id, identity=identity, now=now)
    )


@blueprint.put("/<int:account_id>/role")
@requires_role("admin")
@blueprint.arguments(GiveRoleSchema)
@blueprint.response(HTTPStatus.OK, AccountSchema)
@refuses(AccountNotFound)
def change_account_role(command: GiveRole, identity: Identity, account_id: int) -> AccountView:
    """Give somebody another role; their login sessions end. Whoever becomes a therapist or staff
    before their address is proved is invited: the password they had is worth nothing.
    """
    security, now = parts().security, clock().now()

    def work(session: Session) -> tuple[AccountView, list[EndedLoginSession]]:
        account, ended = give_role(
            session, account_id, command.role, identity=identity, security=security, now=now
        )
        return AccountView.of(account), ended

    view, ended = database().writing(work)
    announce_ended(ended)
    return view


@internal_blueprint.get("/<int:account_id>")
@internal_blueprint.response(HTTPStatus.OK, AccountForServiceSchema)
@refuses(AccountNotFound)
def read_account_for_service(account_id: int) -> AccountForService:
    """Read an account for another service."""
    return database().reading(
        lambda session: AccountForService.of(account_by_id(session, account_id))
    )


@internal_blueprint.get("")
@internal_blueprint.arguments(WantedAccountsSchema, location="query")
@internal_blueprint.response(HTTPStatus.OK, list_schema(AccountForServiceSchema))
def read_accounts_for_service(wanted: WantedAccounts) -> dict[str, list[AccountForService]]:
    """Read several accounts for another service; unknown ids are left out."""
    found = database().reading(
        lambda session: [
            AccountForService.of(account) for account in accounts_with_ids(session, wanted.ids)
        ]
    )
    return {"items": found}
