"""Persons who do what people do over HTTP, and the sealed post as the mailing service opens it."""

import json
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from auth_service.models.accounts import Account
from shared.access_tokens import Identity
from shared.database import Database
from shared.errors import Unavailable
from shared.events.tables import outbox
from shared.keys import private_pem
from shared.sealing import unseal
from shared.testing.tokens import SEALING_PRIVATE_KEY, internal_headers

PASSWORD = "a quiet lake at dawn"
OTHER_PASSWORD = "seven green bottles"
EMAIL = "anna@example.org"
_PRIVATE_PEM = private_pem(SEALING_PRIVATE_KEY)


class Post:
    """Reads the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def events(self, event_type: str) -> list[dict[str, Any]]:
        """Give the data of everything announced of a type, in order."""
        rows = self._database.reading(
            lambda session: session.execute(
                select(outbox.c.data).where(outbox.c.type == event_type).order_by(outbox.c.sequence)
            ).scalars()
        )
        return [json.loads(data) for data in rows]

    def count(self) -> int:
        """Give how many events there are."""
        rows = self._database.reading(lambda session: session.execute(select(outbox.c.sequence)))
        return len(list(rows))

    def codes(self, email: str, purpose: str = "sign_up") -> list[str]:
        """Open every code mailed to an address, the newest last."""
        return [
            unseal(_PRIVATE_PEM, data["sealed_code"], f"{purpose}:{email}".encode()).decode()
            for data in self.events("auth.code.issued.v1")
            if data["email"] == email and data["purpose"] == purpose
        ]

    def code(self, email: str, purpose: str = "sign_up") -> str:
        """Open the newest code mailed to an address."""
        return self.codes(email, purpose)[-1]

    def link(self, email: str, purpose: str = "sign_up") -> str:
        """Open the token of the newest link mailed to an address beside a code."""
        data = [
            each
            for each in self.events("auth.code.issued.v1")
            if (each["email"], each["purpose"]) == (email, purpose)
        ][-1]
        context = f"{purpose}_link:{email}".encode()
        return unseal(_PRIVATE_PEM, data["sealed_token"], context).decode()

    def notices(self, email: str) -> list[str]:
        """Give the kinds of notices to an address."""
        return [
            data["kind"] for data in self.events("auth.account.notice.v1") if data["email"] == email
        ]

    def undo_token(self, email: str) -> str:
        """Open the newest undo token mailed to an address."""
        return self.notice_token(email, "email_change_requested", "email_changed")

    def invitation_token(self, email: str) -> str:
        """Open the newest invitation mailed to an address."""
        return self.notice_token(email, "invitation")

    def notice_token(self, email: str, *kinds: str) -> str:
        """Open the token of the newest notice of one of the kinds to an address."""
        data = [
            each
            for each in self.events("auth.account.notice.v1")
            if each["email"] == email and each["kind"] in kinds
        ][-1]
        return unseal(_PRIVATE_PEM, data["sealed"], f"{data['kind']}:{email}".encode()).decode()


def wrong(code: str) -> str:
    """Give a code that is another one."""
    return f"{(int(code) + 1) % 10**6:06d}"


class Person:
    """Somebody with an address and a password."""

    def __init__(
        self, client: FlaskClient, post: Post, email: str = EMAIL, password: str = PASSWORD
    ) -> None:
        self.client = client
        self.post = post
        self.email = email
        self.password = password
        self.id = 0
        self.secret: str | None = None
        self.first_name = "Anna"
        self.last_name = "Kovács"

    def registered(self) -> "Person":
        """Sign up."""
        answer = self.sign_up()
        assert answer.status_code == 202, answer.json
        self.secret = answer.json["secret"]
        return self

    def sign_up(self, **changes: object) -> Any:
        """Sign up through the clean API."""
        body = {
            "email": self.email,
            "password": self.password,
            "first_name": self.first_name,
            "last_name": self.last_name,
            **changes,
        }
        return self.client.post("/api/v1/registrations", json=body)

    def verified(self) -> "Person":
        """Give the newest code back."""
        answer = self.verify(self.post.code(self.email))
        assert answer.status_code == 200, answer.json
        return self

    def verify(self, code: str) -> Any:
        """Give a code, with the secret of the own registration if there was one."""
        body = {"email": self.email, "code": code}
        shown = {"secret": self.secret} if self.secret is not None else {}
        return self.client.post("/api/v1/verifications", json={**body, **shown})

    def verify_through_wellbeing(self, code: str | None = None) -> Any:
        """Give a code, the newest unless another is given, through the older system."""
        body = {"email": self.email, "code": code or self.post.code(self.email)}
        return self.client.post("/internal/v1/verifications", json=body, headers=internal_headers())

    def sign_up_through_wellbeing(self) -> "Person":
        """Sign up through the older system, whose answer has no secret."""
        body = {
            "email": self.email,
            "password": self.password,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "opened_through": "wellbeing",
        }
        answer = self.client.post(
            "/internal/v1/registrations", json=body, headers=internal_headers()
        )
        assert (answer.status_code, answer.json) == (202, {"email": self.email})
        return self

    def log_in(self, password: str | None = None, **more: Any) -> Any:
        """Log in through the clean API."""
        body = {"email": self.email, "password": password or self.password}
        return self.client.post("/api/v1/login-sessions", json=body, **more)

    def logged_in(self) -> dict[str, Any]:
        """Log in and give the answer; remembers the account's id."""
        answer = self.log_in()
        assert answer.status_code == 201, answer.json
        found: dict[str, Any] = answer.json
        self.id = found["account"]["id"]
        return found

    def headers(self) -> dict[str, str]:
        """Log in and give the header of the access token."""
        return bearer(self.logged_in()["access_token"])

    def log_in_through(self, door: str, *, require_verified: bool = False) -> Any:
        """Log in through an older system."""
        body = {
            "email": self.email,
            "password": self.password,
            "opened_through": door,
            "require_verified": require_verified,
        }
        return self.client.post(
            "/internal/v1/login-sessions", json=body, headers=internal_headers()
        )

    def open_through(self, door: str, **changes: object) -> Any:
        """Open an account through an older system."""
        headers = changes.pop("headers", {})
        body = {
            "email": self.email,
            "password": self.password,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "role": "client",
            "opened_through": door,
            **changes,
        }
        return self.client.post(
            "/internal/v1/accounts",
            json=body,
            headers={**internal_headers(), **headers},  # type: ignore[dict-item]
        )


def an_account(number: int, now: datetime, **changes: Any) -> Account:
    """Make an account's row."""
    values: dict[str, Any] = {
        "email": f"person{number}@example.org",
        "user_name": f"person{number}",
        "user_name_key": f"person{number}",
        "first_name": "Anna",
        "last_name": "Kovács",
        "role": "client",
        "locale": "en",
        "password_hash": "the-hash-of-a-password",
        "password_changed_at": now,
        "must_change_password": False,
        "created_at": now,
        "version": 1,
        **changes,
    }
    return Account(id=number, **values)


def bearer(token: str) -> dict[str, str]:
    """Give the header of a token."""
    return {"Authorization": f"Bearer {token}"}


class BookingInMemory:
    """Stands for booking_service: what it answers, and whether it does."""

    def __init__(self) -> None:
        self.relations: set[tuple[int, int]] = set()
        self.listed: set[int] = set()
        self.is_down = False
        self.asked = 0

    def in_care_with(self, identity: Identity) -> frozenset[int]:
        """See Booking."""
        self._answer()
        own = identity.account_id
        return frozenset(
            {therapist for client, therapist in self.relations if client == own}
            | {client for client, therapist in self.relations if therapist == own}
        )

    def is_listed(self, practitioner_id: int) -> bool:
        """See Booking."""
        self._answer()
        return practitioner_id in self.listed

    def _answer(self) -> None:
        self.asked += 1
        if self.is_down:
            raise Unavailable
