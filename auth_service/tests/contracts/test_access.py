"""Every cell of `access.yaml`, tried through HTTP, and the corpus of forged tokens."""

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from auth_service.models.accounts import Account
from auth_service.tests.factories import (
    OTHER_PASSWORD,
    PASSWORD,
    BookingInMemory,
    Post,
    bearer,
)
from shared.database import Database
from shared.testing.access_matrix import (
    ROLE_OF,
    Call,
    Cast,
    Prepare,
    Row,
    Stage,
    coverage_faults,
    read_table,
)
from shared.testing.clocks import StandingClock
from shared.testing.forged_tokens import forger_at_work, let_in
from shared.testing.tokens import TokenMaker

ROWS = read_table(Path(__file__).parent / "access.yaml")
ACCOUNTS = "/api/v1/accounts"
ONE = f"{ACCOUNTS}/{{account_id}}"
ACCEPTANCE = "/api/v1/invitations/acceptance"
LOGINS = "/api/v1/login-sessions"
SECOND_FACTOR = "/api/v1/accounts/me/second-factor"
CORRECTIONS = "/api/v1/email-corrections"
INTERNAL = "/internal/v1"
NOBODY = 999_999
ROOT = 10**6


class People:
    """Opens accounts as an admin does and remembers their addresses."""

    def __init__(
        self, client: FlaskClient, maker: TokenMaker, post: Post, database: Database
    ) -> None:
        self.client = client
        self._database = database
        self.post = post
        self.maker = maker
        self.root = maker.headers(ROOT, "admin")
        self.email_of: dict[int, str] = {}
        self.logins: dict[int, Mapping[str, Any]] = {}
        self._numbers = count(1)

    def new_address(self) -> str:
        return f"person{next(self._numbers)}@example.org"

    def sent(
        self, path: str, body: object, *, status: int, headers: Mapping[str, str] | None = None
    ) -> Any:
        answer = self.client.post(path, json=body, headers=dict(headers or {}))
        assert answer.status_code == status, answer.json
        return answer.json

    def opened(self, role: str) -> int:
        account_id = (
            self.invited(role) if role != "client" else self._opened({"password": PASSWORD})
        )
        if role != "client":
            token = self.post.invitation_token(self.email_of[account_id])
            self.sent(ACCEPTANCE, {"token": token, "password": PASSWORD}, status=200)
        return account_id

    def invited(self, role: str) -> int:
        return self._opened({"role": role})

    def _opened(self, more: Mapping[str, str]) -> int:
        email = self.new_address()
        body = {"email": email, "first_name": "Anna", **more}
        account_id = int(self.sent(ACCOUNTS, body, status=201, headers=self.root)["id"])
        self.email_of[account_id] = email
        return account_id

    def proved(self, account_id: int) -> None:
        """Prove an address without any other consequence."""
        proof = update(Account).where(Account.id == account_id)
        proof = proof.values(email_verified_at=StandingClock().now())
        self._database.writing(lambda session: session.execute(proof))

    def logged_in(self, account_id: int, password: str = PASSWORD) -> Mapping[str, Any]:
        """Log in once for an account; give the answer with its tokens."""
        if account_id not in self.logins:
            body = {"email": self.email_of[account_id], "password": password}
            self.logins[account_id] = self.sent(LOGINS, body, status=201)
        return self.logins[account_id]

    def seen(self, account_id: int, path: str) -> Callable[[], object]:
        """Read as somebody does, by the token of their login."""
        headers = bearer(self.logged_in(account_id)["access_token"])
        return lambda: self.client.get(path, headers=headers).get_json()

    def account(self, account_id: int) -> Callable[[], object]:
        path = ONE.format(account_id=account_id)
        return lambda: self.client.get(path, headers=self.root).get_json()

    def begun_second_factor(self, headers: Mapping[str, str]) -> str:
        """Begin to set a second factor up; give a code that confirms it."""
        begun = self.sent(SECOND_FACTOR, {"password": PASSWORD}, status=201, headers=headers)
        return pyotp.TOTP(begun["secret"]).at(StandingClock().now())

    def second_factor(self, headers: Mapping[str, str]) -> None:
        code = self.begun_second_factor(headers)
        self.sent(f"{SECOND_FACTOR}/confirmation", {"code": code}, status=200, headers=headers)

    def can_log_in(self, account_id: int, password: str) -> bool:
        body = {"email": self.email_of[account_id], "password": password}
        return self.client.post(LOGINS, json=body).status_code == 201


class Ids(dict[str, int]):
    """Account ids by actor; an account is opened when it is first spoken of."""

    def __init__(self, people: People) -> None:
        super().__init__()
        self._people = people

    def __missing__(self, actor: str) -> int:
        self[actor] = self._people.opened(ROLE_OF[actor])
        return self[actor]


class Tokens(dict[str, str]):
    """The owner's token has a login behind it; the others' are made up by the stage."""

    def __init__(self, people: People, ids: Mapping[str, int]) -> None:
        super().__init__()
        self._people = people
        self._ids = ids

    def get(self, actor: str, default: Any = None) -> Any:
        if actor != "owner":
            return default
        return self._people.logged_in(self._ids["owner"])["access_token"]


@pytest.fixture
def people(client: FlaskClient, token_maker: TokenMaker, post: Post, database: Database) -> People:
    return People(client, token_maker, post, database)


@pytest.fixture
def stage(
    client: FlaskClient, token_maker: TokenMaker, people: People, booking: BookingInMemory
) -> Stage:
    def make_cast() -> Cast:
        ids = Ids(people)
        return Cast(ids=ids, tokens=Tokens(people, ids))

    return Stage(client=client, maker=token_maker, make_cast=make_cast)


@pytest.fixture
def prepares(people: People, booking: BookingInMemory) -> dict[str, Prepare]:
    """Tell for each row what is called, on what was made for its cast."""
    return {
        **_open_to_all(people),
        **_of_accounts(people, booking),
        **_of_staff(people),
        **_of_oneself(people),
        **_internal(people),
    }


def _open_to_all(people: People) -> dict[str, Prepare]:
    def posting(path: str, body: Callable[[Cast], object]) -> Prepare:
        return lambda cast: Call(path=path, json=body(cast))

    def address(cast: Cast) -> str:
        return people.email_of[cast.owner]

    def undo_token(cast: Cast) -> object:
        new = people.new_address()
        headers = bearer(people.logged_in(cast.owner)["access_token"])
        people.sent(f"{ACCOUNTS}/me/email-changes", {"email": new}, status=202, headers=headers)
        code = people.post.code(new, "email_change")
        people.sent("/api/v1/verifications", {"email": new, "code": code}, status=200)
        return {"token": people.post.undo_token(address(cast))}

    def reset_code(cast: Cast) -> dict[str, str]:
        email = address(cast)
        people.sent("/api/v1/password-resets", {"email": email}, status=202)
        return {"email": email, "code": people.post.code(email, "password_reset")}

    def sign_up(_cast: Cast) -> object:
        return {"email": people.new_address(), "password": PASSWORD, "first_name": "Anna"}

    def invitation(_cast: Cast) -> object:
        email = people.email_of[people.invited("therapist")]
        return {"token": people.post.invitation_token(email), "password": PASSWORD}

    def code(cast: Cast) -> object:
        return {"email": address(cast), "code": people.post.code(address(cast))}

    return {
        "POST /api/v1/registrations": posting("/api/v1/registrations", sign_up),
        "POST /api/v1/email-changes/undo": posting("/api/v1/email-changes/undo", undo_token),
        f"POST {ACCEPTANCE}": posting(ACCEPTANCE, invitation),
        "POST /api/v1/verification-codes": posting(
            "/api/v1/verification-codes", lambda cast: {"email": address(cast)}
        ),
        "POST /api/v1/verifications": posting("/api/v1/verifications", code),
        "POST /api/v1/password-resets": posting(
            "/api/v1/password-resets", lambda cast: {"email": address(cast)}
        ),
        "POST /api/v1/password-resets/check": posting("/api/v1/password-resets/check", reset_code),
        "POST /api/v1/password-resets/confirm": posting(
            "/api/v1/password-resets/confirm",
            lambda cast: {**reset_code(cast), "password": OTHER_PASSWORD},
        ),
        f"POST {LOGINS}": posting(
            LOGINS, lambda cast: {"email": address(cast), "password": PASSWORD}
        ),
        f"POST {LOGINS}/refresh": posting(
            f"{LOGINS}/refresh",
            lambda cast: {"refresh_token": people.logged_in(cast.owner)["refresh_token"]},
        ),
        "GET /.well-known/jwks.json": lambda _cast: Call(path="/.well-known/jwks.json"),
    }


def _of_accounts(people: People, booking: BookingInMemory) -> dict[str, Prepare]:
    def in_care(cast: Cast) -> None:
        booking.relations.add((cast.owner, cast.assigned))

    def opening(role: str) -> Prepare:
        def prepare(_cast: Cast) -> Call:
            email = people.new_address()
            body = {"email": email, "first_name": "Anna", "role": role}
            return Call(path=ACCOUNTS, json=body, state=people.post.count)

        return prepare

    def listing(cast: Cast) -> Call:
        in_care(cast)
        return Call(
            path=f"{ACCOUNTS}?limit=100",
            shows=lambda body: cast.owner in [each["id"] for each in body["items"]],
        )

    def one(actor: str, *, is_listed: bool = False) -> Prepare:
        def prepare(cast: Cast) -> Call:
            in_care(cast)
            people.proved(cast.owner)
            shown = cast.ids[actor]
            if is_listed:
                booking.listed.add(shown)

            def shows(body: Any) -> bool:
                assert (body["id"], body["first_name"]) == (shown, "Anna")
                return bool(body["email"] == people.email_of[shown])

            return Call(path=ONE.format(account_id=shown), shows=shows)

        return prepare

    def renaming(cast: Cast) -> Call:
        in_care(cast)
        return Call(
            path=ONE.format(account_id=cast.owner),
            json={"first_name": "Olga"},
            state=people.account(cast.owner),
        )

    return {
        f"POST {ACCOUNTS}": opening("client"),
        f"POST {ACCOUNTS} | of a therapist": opening("therapist"),
        f"POST {ACCOUNTS} | of a moderator": opening("moderator"),
        f"POST {ACCOUNTS} | of an admin": opening("admin"),
        f"GET {ACCOUNTS}": listing,
        f"GET {ACCOUNTS}/me": lambda cast: Call(
            path=f"{ACCOUNTS}/me", shows=lambda body: body["id"] == cast.owner
        ),
        f"GET {ONE}": one("owner"),
        f"GET {ONE} | of the assigned therapist": one("assigned"),
        f"GET {ONE} | of the assigned therapist, listed": one("assigned", is_listed=True),
        f"GET {ONE} | of the former therapist": one("former"),
        f"GET {ONE} | of the admin": one("admin"),
        f"GET {ONE} | of nobody": lambda _cast: Call(path=ONE.format(account_id=NOBODY)),
        f"PATCH {ONE}": renaming,
    }


def _of_staff(people: People) -> dict[str, Prepare]:
    def act(
        name: str,
        actor: str,
        body: object = None,
        *,
        is_locked: bool = False,
        is_another: bool = False,
    ) -> Prepare:
        def prepare(cast: Cast) -> Call:
            whose = people.opened(ROLE_OF[actor]) if is_another else cast.ids[actor]
            path = f"{ONE.format(account_id=whose)}/{name}"
            if is_locked:
                people.logged_in(cast.owner)  # later nobody could, where it is the owner's
                assert people.client.put(path, headers=people.root).status_code == 204
            return Call(path=path, json=body, state=people.account(whose))

        return prepare

    def inviting(role: str) -> Prepare:
        def prepare(_cast: Cast) -> Call:
            path = f"{ONE.format(account_id=people.invited(role))}/invitations"
            return Call(path=path, state=people.post.count)

        return prepare

    def proposing(cast: Cast) -> Call:
        path = f"{ONE.format(account_id=cast.owner)}/email-corrections"
        return Call(path=path, json={"email": people.new_address()}, state=people.post.count)

    def proposed(cast: Cast) -> Any:
        path = f"{ONE.format(account_id=cast.owner)}/email-corrections"
        asker = people.maker.headers(people.opened("admin"), "admin")
        return people.sent(path, {"email": people.new_address()}, status=201, headers=asker)

    def listing(cast: Cast) -> Call:
        made = proposed(cast)
        return Call(
            path=CORRECTIONS,
            shows=lambda body: made["id"] in [each["id"] for each in body["items"]],
        )

    def approving(cast: Cast) -> Call:
        path = f"{CORRECTIONS}/{proposed(cast)['id']}/approval"
        return Call(path=path, state=people.post.count)

    role = {"role": "therapist"}
    return {
        f"POST {ONE}/invitations": inviting("client"),
        f"POST {ONE}/invitations | of a therapist": inviting("therapist"),
        f"POST {ONE}/invitations | of a moderator": inviting("moderator"),
        f"POST {ONE}/invitations | of an admin": inviting("admin"),
        f"PUT {ONE}/lock": act("lock", "owner"),
        f"PUT {ONE}/lock | of the moderator": act("lock", "moderator"),
        f"PUT {ONE}/lock | of the admin": act("lock", "admin"),
        f"DELETE {ONE}/lock": act("lock", "owner", is_locked=True),
        f"DELETE {ONE}/lock | of another admin": act(
            "lock", "admin", is_locked=True, is_another=True
        ),
        f"POST {ONE}/email-corrections": proposing,
        f"GET {CORRECTIONS}": listing,
        f"POST {CORRECTIONS}/{{correction_id}}/approval": approving,
        f"PUT {ONE}/role": act("role", "owner", role),
        f"PUT {ONE}/role | of the admin": act("role", "admin", role),
    }


def _of_oneself(people: People) -> dict[str, Prepare]:
    def password(cast: Cast) -> Call:
        return Call(
            path=f"{ACCOUNTS}/me/password",
            json={"old_password": PASSWORD, "new_password": OTHER_PASSWORD},
            shows=lambda _: people.can_log_in(cast.owner, OTHER_PASSWORD),
        )

    def address(cast: Cast) -> Call:
        old = people.email_of[cast.owner]
        return Call(
            path=f"{ACCOUNTS}/me/email-changes",
            json={"email": people.new_address(), "password": PASSWORD},
            shows=lambda _: "email_change_requested" in people.post.notices(old),
        )

    def second_factor(cast: Cast) -> Callable[[], Any]:
        return people.seen(cast.owner, SECOND_FACTOR)

    def reading_second_factor(cast: Cast) -> Call:
        theirs = bearer(people.logged_in(cast.owner)["access_token"])
        people.second_factor(theirs)
        return Call(path=SECOND_FACTOR, shows=lambda body: body["is_set_up"])

    def beginning(cast: Cast) -> Call:
        shown = quote(people.email_of[cast.owner])
        return Call(
            path=SECOND_FACTOR,
            json={"password": PASSWORD},
            shows=lambda body: f"Hearth:{shown}?" in body["uri"],
        )

    def confirming(cast: Cast) -> Call:
        theirs = bearer(people.logged_in(cast.owner)["access_token"])
        code = people.begun_second_factor(theirs)
        return Call(
            path=f"{SECOND_FACTOR}/confirmation", json={"code": code}, state=second_factor(cast)
        )

    def removing(cast: Cast) -> Call:
        theirs = bearer(people.logged_in(cast.owner)["access_token"])
        people.second_factor(theirs)
        return Call(
            path=SECOND_FACTOR,
            json={"password": PASSWORD},
            shows=lambda _: not second_factor(cast)()["is_set_up"],
        )

    def withdrawing(cast: Cast) -> Call:
        headers = bearer(people.logged_in(cast.owner)["access_token"])
        path, body = f"{ACCOUNTS}/me/email-changes", {"email": people.new_address()}
        people.sent(path, body, status=202, headers=headers)

        def is_withdrawn(_: Any) -> bool:
            shown = people.client.patch(
                ONE.format(account_id=cast.owner), json={"last_name": "K"}, headers=headers
            )
            assert shown.json is not None
            return shown.json["pending_email"] is None

        return Call(path=path, shows=is_withdrawn)

    def logins(cast: Cast) -> Callable[[], Any]:
        return people.seen(cast.owner, LOGINS)

    def own_login(cast: Cast) -> str:
        found: str = logins(cast)()["items"][0]["id"]
        return found

    def listing(cast: Cast) -> Call:
        own = own_login(cast)
        return Call(path=LOGINS, shows=lambda body: own in [each["id"] for each in body["items"]])

    def ending_current(cast: Cast) -> Call:
        read = logins(cast)
        assert len(read()["items"]) == 1
        return Call(path=f"{LOGINS}/current", shows=lambda _: read()["items"] == [], state=read)

    def ending_others(cast: Cast) -> Call:
        read = logins(cast)
        assert people.can_log_in(cast.owner, PASSWORD)
        assert len(read()["items"]) == 2
        return Call(path=LOGINS, shows=lambda _: len(read()["items"]) == 1, state=read)

    def ending(cast: Cast) -> Call:
        return Call(path=f"{LOGINS}/{own_login(cast)}", state=logins(cast))

    return {
        f"PUT {ACCOUNTS}/me/password": password,
        f"POST {ACCOUNTS}/me/email-changes": address,
        f"GET {SECOND_FACTOR}": reading_second_factor,
        f"POST {SECOND_FACTOR}": beginning,
        f"POST {SECOND_FACTOR}/confirmation": confirming,
        f"DELETE {SECOND_FACTOR}": removing,
        f"DELETE {ACCOUNTS}/me/email-changes": withdrawing,
        f"GET {LOGINS}": listing,
        f"DELETE {LOGINS}": ending_others,
        f"DELETE {LOGINS}/current": ending_current,
        f"DELETE {LOGINS}/{{login_session_id}}": ending,
    }


def _internal(people: People) -> dict[str, Prepare]:
    def posting(noun: str, body: Callable[[Cast], dict[str, object]]) -> Prepare:
        return lambda cast: Call(
            path=f"{INTERNAL}/{noun}", json=body(cast), state=people.post.count
        )

    def opening(role: str) -> Prepare:
        return posting(
            "accounts",
            lambda _cast: {
                "email": people.new_address(),
                "password": PASSWORD,
                "first_name": "Anna",
                "role": role,
                "opened_through": "accounts",
            },
        )

    def person(_cast: Cast) -> dict[str, object]:
        email = people.new_address()
        return {
            "email": email,
            "password": PASSWORD,
            "first_name": "Anna",
            "last_name": "",
            "opened_through": "wellbeing",
        }

    def code(cast: Cast) -> dict[str, object]:
        email = people.email_of[cast.owner]
        return {"email": email, "code": people.post.code(email)}

    def credentials(cast: Cast) -> dict[str, object]:
        return {"email": people.email_of[cast.owner], "password": PASSWORD}

    def through(cast: Cast) -> dict[str, object]:
        return {**credentials(cast), "opened_through": "accounts"}

    def password(cast: Cast) -> Call:
        return Call(
            path=f"{INTERNAL}/accounts/{cast.owner}/password",
            json={"old_password": PASSWORD, "new_password": OTHER_PASSWORD},
            state=lambda: people.can_log_in(cast.owner, PASSWORD),
        )

    def renaming(cast: Cast) -> Call:
        return Call(
            path=f"{INTERNAL}/accounts/{cast.owner}",
            json={"first_name": "Olga"},
            state=people.account(cast.owner),
        )

    def address(cast: Cast) -> Call:
        old = people.email_of[cast.owner]
        return Call(
            path=f"{INTERNAL}/email-changes",
            json={"email": people.new_address()},
            shows=lambda _: "email_change_requested" in people.post.notices(old),
        )

    def several(cast: Cast) -> Call:
        path = f"{INTERNAL}/accounts?ids={cast.owner}"
        return Call(path=path, shows=lambda body: body["items"][0]["id"] == cast.owner)

    def one(cast: Cast) -> Call:
        path = f"{INTERNAL}/accounts/{cast.owner}"
        return Call(path=path, shows=lambda body: body["id"] == cast.owner)

    def pages(cast: Cast) -> Call:
        return Call(
            path=f"{INTERNAL}/accounts/pages?page=1&per_page=100",
            shows=lambda body: cast.owner in [each["id"] for each in body["items"]],
        )

    def ended(cast: Cast) -> Call:
        headers = bearer(people.logged_in(cast.owner)["access_token"])
        logins = people.client.get(LOGINS, headers=headers).get_json()["items"]
        assert people.client.delete(f"{LOGINS}/current", headers=headers).status_code == 204
        return Call(
            path=f"{INTERNAL}/ended-login-sessions",
            shows=lambda body: logins[0]["id"] in [each["sid"] for each in body["items"]],
        )

    return {
        f"POST {INTERNAL}/registrations": posting("registrations", person),
        f"POST {INTERNAL}/verifications": posting("verifications", code),
        f"POST {INTERNAL}/accounts": opening("client"),
        f"POST {INTERNAL}/accounts | of a therapist": opening("therapist"),
        f"POST {INTERNAL}/accounts | of an admin": opening("admin"),
        f"GET {INTERNAL}/accounts": several,
        f"GET {INTERNAL}/accounts/pages": pages,
        f"GET {INTERNAL}/accounts/{{account_id}}": one,
        f"PATCH {INTERNAL}/accounts/{{account_id}}": renaming,
        f"POST {INTERNAL}/email-changes": address,
        f"PUT {INTERNAL}/accounts/{{account_id}}/password": password,
        f"POST {INTERNAL}/login-sessions": posting("login-sessions", through),
        f"POST {INTERNAL}/login-sessions/end": posting("login-sessions/end", through),
        f"POST {INTERNAL}/credential-checks": posting("credential-checks", credentials),
        f"GET {INTERNAL}/ended-login-sessions": ended,
    }


@pytest.mark.parametrize("row", [row for row in ROWS if row.is_read], ids=str)
def test_everybody_reads_what_the_table_says(
    row: Row, stage: Stage, prepares: dict[str, Prepare]
) -> None:
    assert stage.faults(row, prepares[row.name]) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # each cell has a cast of its own
@pytest.mark.parametrize("row", [row for row in ROWS if not row.is_read], ids=str)
def test_everybody_does_what_the_table_says(
    row: Row, stage: Stage, prepares: dict[str, Prepare]
) -> None:
    assert stage.faults(row, prepares[row.name]) == []


def test_every_operation_has_a_row(app: Flask, prepares: dict[str, Prepare]) -> None:
    assert coverage_faults(app, ROWS, prepares) == []


def test_no_forged_token_is_let_in(
    client: FlaskClient, token_maker: TokenMaker, people: People
) -> None:
    me = f"{ACCOUNTS}/me"
    assert people.opened("client") == 1  # whom the forger speaks for
    with forger_at_work(token_maker) as (forger, asked):
        good = {"Authorization": f"Bearer {forger.good()}"}
        assert client.get(me, headers=good).status_code == 200
        assert let_in(client, "GET", me, forger.tokens()) == []
    assert asked == []
