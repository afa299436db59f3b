"""Valid therapists, hours and people; a test states only what matters."""

import itertools
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from booking_service.domain.accounts import Account
from booking_service.errors import AccountNotFound
from shared.clock import instant_text
from shared.database import Database
from shared.errors import Unavailable
from shared.events.tables import outbox
from shared.testing.tokens import TokenMaker, internal_headers

STAFF, CLIENT, OTHER_CLIENT = 1, 1001, 1002
THERAPIST, OTHER_THERAPIST = 501, 502
EVERY_DAY = [{"weekday": day, "starts": "09:00", "ends": "13:00"} for day in range(7)]


def hour(day: int = 7, hour_of_day: int = 9, minute: int = 0) -> str:
    """Spell an hour of July 2026 in UTC; the tests' clock stands at July 6th, 08:00."""
    return instant_text(datetime(2026, 7, day, hour_of_day, minute, tzinfo=UTC))


def hours_after(start: str, hours: int) -> str:
    return instant_text(datetime.fromisoformat(start) + timedelta(hours=hours))


def practitioner_body(**changes: Any) -> dict[str, Any]:
    """Make a record; UTC keeps the tests' hours readable."""
    return {
        "information": {"ru": "О себе", "en": "About me"},
        "education": "University",
        "therapy_types": ["individual"],
        "methods": [2, 4],
        "topics": [3, 5],
        "languages": ["ru", "en"],
        "gender": "woman",
        "price_minor_units": 1_600_000,
        "time_zone": "UTC",
        **changes,
    }


class StandInAccounts:
    """The AccountDirectory's double: auth is outside of this service."""

    def __init__(self) -> None:
        self.known: dict[int, Account] = {}
        self.is_down = False
        self.asked = 0

    def add(self, account_id: int, first_name: str, last_name: str, role: str) -> None:
        self.known[account_id] = Account(
            account_id=account_id, first_name=first_name, last_name=last_name, role=role
        )

    def change(self, account_id: int, **changes: Any) -> Account:
        """Lock an account or give it another role, as auth would know at once."""
        before = self.known[account_id]
        self.known[account_id] = replace(before, version=before.version + 1, **changes)
        return self.known[account_id]

    def account(self, account_id: int) -> Account:
        self._ask()
        if account_id not in self.known:
            raise AccountNotFound
        return self.known[account_id]

    def accounts(self, account_ids: Collection[int]) -> Mapping[int, Account]:
        self._ask()
        return {each: self.known[each] for each in account_ids if each in self.known}

    def _ask(self) -> None:
        self.asked += 1
        if self.is_down:
            raise Unavailable


class Door:
    """Speaks to the app as somebody: `door.post(CLIENT, "/api/v1/appointments", {...})`."""

    def __init__(self, app: Flask, maker: TokenMaker, accounts: StandInAccounts) -> None:
        self.app = app
        self.maker = maker
        self.accounts = accounts
        self._next = itertools.count(THERAPIST)

    def role_of(self, account_id: int) -> str:
        if account_id < 100:
            return "moderator"
        return "therapist" if account_id < 1000 else "client"

    def call(
        self,
        method: str,
        who: int | None,
        path: str,
        body: object = None,
        *,
        headers: dict[str, str] | None = None,
    ) -> Any:
        sent = dict(headers or {})
        if who is not None:
            sent |= self.maker.headers(who, self.role_of(who))
        more: dict[str, Any] = {} if body is None else {"json": body}
        return self.app.test_client().open(path, method=method, headers=sent, **more)

    def get(self, who: int | None, path: str) -> Any:
        return self.call("GET", who, path)

    def post(self, who: int | None, path: str, body: object = None, **more: Any) -> Any:
        return self.call("POST", who, path, body, **more)

    def put(self, who: int | None, path: str, body: object = None) -> Any:
        """Put, over whatever state there is; `call` sends another If-Match."""
        answer = self.call("PUT", who, path, body)
        if answer.status_code != 428:
            return answer
        return self.call("PUT", who, path, body, headers={"If-Match": "*"})

    def delete(self, who: int | None, path: str) -> Any:
        return self.call("DELETE", who, path)

    def internal(
        self, method: str, path: str, body: object = None, *, who: int | None = None
    ) -> Any:
        return self.call(method, who, path, body, headers=internal_headers())

    def create_therapist(
        self,
        practitioner_id: int | None = None,
        *,
        weekly_hours: list[dict[str, Any]] | None = None,
        is_published: bool = True,
        first_name: str = "Anna",
        **changes: Any,
    ) -> int:
        """Write a record and weekly hours as staff would; give the id."""
        number = practitioner_id or next(self._next)
        self.accounts.add(number, first_name, "Kovács", "therapist")
        body = practitioner_body(**changes)
        path = f"/api/v1/practitioners/{number}"
        assert self.put(STAFF, path, body).status_code in (200, 201)
        schedule = {"time_zone": body["time_zone"], "weekly_hours": weekly_hours or EVERY_DAY}
        assert self.put(STAFF, f"{path}/schedule", schedule).status_code == 200
        if is_published:
            assert self.put(STAFF, f"{path}/publication").status_code == 200
        return number

    def write_record(self, practitioner_id: int, **changes: Any) -> dict[str, Any]:
        """Change a record as staff would; what is not named takes the factories' values."""
        path = f"/api/v1/practitioners/{practitioner_id}"
        answer = self.put(STAFF, path, practitioner_body(**changes))
        assert answer.status_code == 200, answer.json
        return dict(answer.json or {})

    def hold(self, who: int, practitioner_id: int, starts_at: str) -> Any:
        body = {"practitioner_id": practitioner_id, "starts_at": starts_at}
        return self.post(who, "/api/v1/holds", body)

    def book(self, who: int, practitioner_id: int, starts_at: str, **more: Any) -> Any:
        named = more.get("client_id")
        if named in (CLIENT, OTHER_CLIENT) and named not in self.accounts.known:
            self.accounts.add(named, "", "", "client")
        body = {"practitioner_id": practitioner_id, "starts_at": starts_at, **more}
        return self.post(who, "/api/v1/appointments", body)

    def create_appointment(self, who: int, practitioner_id: int, starts_at: str) -> dict[str, Any]:
        answer = self.book(who, practitioner_id, starts_at)
        assert answer.status_code == 201, answer.json
        return dict(answer.json or {})

    def select(self, who: int, practitioner_id: int, starts_at: str, **more: Any) -> Any:
        body = {"practitioner_id": practitioner_id, "starts_at": starts_at, **more}
        return self.post(who, "/api/v1/selections", body)

    def free_hours(self, practitioner_id: int, *, who: int = CLIENT) -> list[str]:
        answer = self.get(who, f"/api/v1/practitioners/{practitioner_id}/slots")
        assert answer.status_code == 200, answer.json
        return [each["starts_at"] for each in (answer.json or {})["items"]]


def refused(answer: Any, status: int, code: str) -> None:
    """Assert a problem document with that code."""
    assert (answer.status_code, (answer.json or {}).get("code")) == (status, code), answer.json
    assert answer.content_type == "application/problem+json"


def outbox_of(database: Database) -> list[dict[str, Any]]:
    rows = database.reading(
        lambda session: session.execute(
            select(outbox.c.type, outbox.c.subject, outbox.c.data).order_by(outbox.c.sequence)
        ).all()
    )
    return [{"type": row[0], "subject": row[1], **json.loads(row[2])} for row in rows]
