"""The five services as their OpenAPI describes them: the real WSGI application on a migrated
database, people and things it knows, and only its siblings stood in for.

For each test new people are made, so that no operation spoils the next one's; what the service
knows of them (`known`) is put by name into part of what is generated, so that operations also get
beyond "not found".
"""

import io
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from auth_service.app import create_app as create_auth
from auth_service.domain.password_hashing import PasswordHashing
from auth_service.models.accounts import Account
from auth_service.settings import Settings as AuthSettings
from auth_service.tests.factories import BookingInMemory, Person, Post
from booking_service.app import create_app as create_booking
from booking_service.models.appointments import Appointment
from booking_service.settings import Settings as BookingSettings
from booking_service.tests.factories import EVERY_DAY, StandInAccounts, practitioner_body
from chat_service.app import create_app as create_chat
from chat_service.settings import Settings as ChatSettings
from chat_service.tests.factories import KnownCareRelations, KnownProfiles
from notification_service.app import create_app as create_notification
from notification_service.listeners import HANDLERS as NOTIFICATION_HANDLERS
from notification_service.settings import Settings as NotificationSettings
from profile_service.app import create_app as create_profile
from profile_service.settings import Settings as ProfileSettings
from profile_service.tests.factories import Siblings
from shared.clock import SystemClock
from shared.database import Database
from shared.events.catalogue import shipped_example
from shared.events.envelope import new_event_id
from shared.events.inbox import handle_waiting, receive
from shared.testing.tokens import TokenMaker, internal_headers, service_environment

Known = Mapping[str, object]
Headers = Mapping[str, str]
_numbers = itertools.count(1)
STAFF = 1


@dataclass(frozen=True, kw_only=True)
class People:
    """Who calls in one test (headers by role), and what the service knows by field name; `only`
    says what is known otherwise at one path; `whole` gives a body that is accepted where fields
    exclude one another. A function is asked when its value is needed.
    """

    actors: Mapping[str, Headers]
    known: Known
    only: Mapping[str, Known] = field(default_factory=dict)
    whole: Mapping[str, Callable[[], Mapping[str, object]]] = field(default_factory=dict)

    def value(self, path: str, name: str) -> object:
        """Give what stands for a field at a path.

        Raises:
            KeyError: nothing is known under that name.
        """
        found = {**self.known, **self.only.get(path, {})}[name]
        if isinstance(found, Iterator):
            return next(found)
        return found() if callable(found) else found


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service under test. `make_people` is called once for each test."""

    app: Flask
    make_people: Callable[[], People]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a service is made of."""

    database: Database
    folder: Path
    maker: TokenMaker

    def environment(self, name: str) -> dict[str, str]:
        """Give the settings of a service under test."""
        return service_environment(name, self.database.url, self.folder, self.maker)


def auth(around: Surroundings) -> Service:
    """Make auth_service; hashing is real but cheap."""
    app = create_auth(
        AuthSettings.from_env(around.environment("auth")),
        hashing=PasswordHashing(memory_kib=8, time_cost=1, wait_seconds=30),
        booking=BookingInMemory(),
    )
    client, post = app.test_client(), Post(around.database)

    def person(role: str) -> Person:
        email = f"{role}{next(_numbers)}@example.org"
        made = Person(client, post, email)
        _ok(made.open_through("accounts"))  # signing up takes 50 ms, whoever it is
        changed = sa.update(Account).where(Account.email == email)
        changed = changed.values(role=role, email_verified_at=datetime.now(UTC))
        around.database.writing(lambda session: session.execute(changed))
        return made

    def make_people() -> People:
        people = {role: person(role) for role in ("client", "therapist", "moderator", "admin")}
        opened = {role: each.logged_in() for role, each in people.items()}
        somebody, unverified = people["client"], Person(client, post, f"u{next(_numbers)}@e.org")
        theirs = {"Authorization": f"Bearer {opened['client']['access_token']}"}
        staff = {"Authorization": f"Bearer {opened['admin']['access_token']}"}

        def sign_up_code() -> str:
            unverified.sign_up()
            return post.code(unverified.email)

        def by_code() -> Mapping[str, object]:
            return {"email": unverified.email, "code": sign_up_code()}

        def proposed() -> int:
            new = {"email": f"new{next(_numbers)}@example.org"}
            path = f"/api/v1/accounts/{somebody.id}/email-corrections"
            return int(_ok(client.post(path, json=new, headers=staff)).json["id"])

        def reset_code() -> str:
            body = {"email": somebody.email}
            _ok(client.post("/api/v1/password-resets", json=body))
            return post.code(somebody.email, "password_reset")

        def undo_token() -> str:
            mover = person("client")  # an undone change ends every login session
            body = {"email": f"new{next(_numbers)}@example.org"}
            _ok(
                client.post("/api/v1/accounts/me/email-changes", json=body, headers=mover.headers())
            )
            return post.undo_token(mover.email)

        def invited() -> Any:
            body = {"email": f"i{next(_numbers)}@e.org", "first_name": "Anna", "role": "therapist"}
            return _ok(client.post("/api/v1/accounts", json=body, headers=staff))

        def invitation_token() -> str:
            return post.invitation_token(str(invited().json["email"]))

        def code_of_app() -> str:
            body, path = {"password": somebody.password}, "/api/v1/accounts/me/second-factor"
            _ok(client.delete(path, json=body, headers=theirs))  # an earlier try confirmed it
            begun = client.post(path, json=body, headers=theirs)
            return pyotp.TOTP(_ok(begun).json["secret"]).now()

        def login_session() -> str:
            new = somebody.headers()
            listed = _ok(client.get("/api/v1/login-sessions", headers=new)).json["items"]
            return str(listed[0]["id"])

        unused = {"email": (f"unused{next(_numbers)}@example.org" for _ in itertools.count())}
        reset = {"code": reset_code, "password": "another good password 7"}
        return People(
            actors={
                role: {"Authorization": f"Bearer {each['access_token']}"}
                for role, each in opened.items()
            },
            known={
                "account_id": somebody.id,
                "email": somebody.email,
                "password": somebody.password,
                "old_password": somebody.password,
                "new_password": "another good password 7",
                "first_name": "Anna",
                "last_name": "Kovács",
                "refresh_token": opened["client"]["refresh_token"],
                "login_session_id": login_session,
                "ids": str(somebody.id),
                "role": "client",
                "page": 1,
                "per_page": 10,
            },
            only={
                "/api/v1/accounts": unused,
                "/internal/v1/accounts": unused,
                "/api/v1/accounts/me/email-changes": unused,
                "/internal/v1/email-changes": unused,
                "/api/v1/accounts/{account_id}/email-corrections": unused,
                "/api/v1/email-corrections/{correction_id}/approval": {"correction_id": proposed},
                "/api/v1/accounts/{account_id}/invitations": {
                    "account_id": lambda: invited().json["id"]
                },
                "/api/v1/accounts/me/second-factor/confirmation": {"code": code_of_app},
                "/api/v1/invitations/acceptance": {"token": invitation_token},
                "/api/v1/password-resets/check": reset,
            },
            whole={
                "/api/v1/email-changes/undo": lambda: {"token": undo_token()},
                "/api/v1/verifications": by_code,
                "/internal/v1/verifications": by_code,
                "/api/v1/password-resets/confirm": lambda: {
                    "email": somebody.email,
                    "code": reset_code(),
                    "password": "another good password 7",
                },
            },
        )

    return Service(app=app, make_people=make_people)


def _picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(written, "PNG")
    return written.getvalue()


def profile(around: Surroundings) -> Service:
    """Make profile_service; it may ask about any account."""
    siblings = Siblings()
    siblings.accounts.unknown = {2**53}
    app = create_profile(
        ProfileSettings.from_env(around.environment("profile")),
        accounts=siblings.accounts,
        booking=siblings.booking,
    )

    def make_people() -> People:
        client_id, therapist_id, admin_id = (next(_numbers) + 100 for _ in range(3))
        siblings.booking.listed.add(therapist_id)
        siblings.booking.relations.add((client_id, therapist_id))
        siblings.booking.cards.add(client_id)
        return People(
            actors=_actors(around.maker, client=client_id, therapist=therapist_id, admin=admin_id),
            known={
                "account_id": client_id,
                "picture": _picture(),
                "locale": "en",
                "time_zone": "Europe/Budapest",
                "birth_date": "1990-05-17",
                "gender": "X",
                "country": "HU",
            },
        )

    return Service(app=app, make_people=make_people)


def booking(around: Surroundings) -> Service:
    """Make booking_service; auth answers about the people of each test."""
    accounts = StandInAccounts()
    app = create_booking(BookingSettings.from_env(around.environment("booking")), accounts=accounts)
    maker = around.maker

    def make_people() -> People:
        client_id, therapist_id = (next(_numbers) + 10_000 for _ in range(2))
        accounts.add(client_id, "Anna", "Kis", "client")
        accounts.add(therapist_id, "Petya", "Kis", "therapist")
        actors = _actors(maker, client=client_id, therapist=therapist_id, admin=STAFF)
        client, staff = app.test_client(), actors["admin"]
        path = f"/api/v1/practitioners/{therapist_id}"
        hours = {"time_zone": "UTC", "weekly_hours": EVERY_DAY}
        _ok(client.put(path, json=practitioner_body(), headers=staff))
        _ok(client.put(f"{path}/schedule", json=hours, headers=staff))
        _ok(client.put(f"{path}/publication", headers=staff))
        tomorrow = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        free = [
            f"{tomorrow + timedelta(days=day):%Y-%m-%d}T{hour:02d}:00:00Z"
            for day in (2, 3)
            for hour in (9, 10, 11)
        ]
        booked = _ok(
            client.post(
                "/api/v1/appointments",
                json={"practitioner_id": therapist_id, "starts_at": free[0]},
                headers=actors["client"],
            )
        )
        card = {
            "holder_name": "Anna Kis",
            "number": "4242424242424242",
            "expiry": "12/90",
            "verification_code": "123",
        }
        _ok(client.post("/api/v1/payment-methods", json=card, headers=actors["client"]))
        wishes = {
            "age": 30,
            "has_experience": True,
            "therapy_type": "individual",
            "preferred_gender": "any",
            "time_preference": "any",
            "price_band": 0,
        }
        _ok(client.put("/api/v1/matching-preferences/me", json=wishes, headers=actors["client"]))

        def begun() -> int:
            """Let the appointment have begun two hours ago."""
            began = datetime.now(UTC) - timedelta(hours=2)
            values = {"starts_at": began, "ends_at": began + timedelta(minutes=50)}
            changed = sa.update(Appointment).where(Appointment.id == booked.json["id"])
            around.database.writing(lambda session: session.execute(changed.values(**values)))
            return int(booked.json["id"])

        held = _ok(
            client.post(
                "/api/v1/holds",
                json={"practitioner_id": therapist_id, "starts_at": free[1]},
                headers=actors["client"],
            )
        )
        return People(
            actors={role: {**headers, "If-Match": "*"} for role, headers in actors.items()},
            known={
                "practitioner_id": therapist_id,
                "client_id": client_id,
                "account_id": client_id,
                "appointment_id": booked.json["id"],
                "hold_id": held.json["id"],
                "starts_at": itertools.cycle(free[2:]),
                "from": f"{tomorrow:%Y-%m-%dT%H:%M:%SZ}",
                "until": f"{tomorrow + timedelta(days=5):%Y-%m-%dT%H:%M:%SZ}",
                "time_zone": "Europe/Budapest",
                "time_preference": "any",
                "preferred_hour": None,
                **card,
            },
            only={
                "/api/v1/appointments/{appointment_id}/attendance": {"appointment_id": begun},
            },
        )

    return Service(app=app, make_people=make_people)


def chat(around: Surroundings) -> Service:
    """Make chat_service; everybody is premium, so that every stage can be begun."""
    care = KnownCareRelations()
    app = create_chat(
        ChatSettings.from_env(around.environment("chat")),
        profiles=KnownProfiles(premium_since=datetime(2026, 1, 1, tzinfo=UTC)),
        care_relations=care,
    )

    def make_people() -> People:
        client_id, therapist_id, admin_id = (next(_numbers) + 10_000 for _ in range(3))
        care.pairs.add((client_id, therapist_id))
        actors = _actors(around.maker, client=client_id, therapist=therapist_id, admin=admin_id)
        client, theirs = app.test_client(), actors["client"]
        sessions = _ok(client.get("/api/v1/guided-sessions", headers=theirs)).json["items"]
        body = {"recipient_id": therapist_id, "text": "hello"}
        sent = _ok(client.post("/api/v1/messages", json=body, headers=theirs)).json
        return People(
            actors=actors,
            known={
                "guided_session_id": itertools.cycle(each["id"] for each in sessions),
                "conversation_id": sent["conversation_id"],
                "message_id": sent["id"],
                "recipient_id": therapist_id,
                "account_id": client_id,
            },
        )

    return Service(app=app, make_people=make_people)


def notification(around: Surroundings) -> Service:
    """Make notification_service; it has heard of a booked hour."""
    app = create_notification(NotificationSettings.from_env(around.environment("notification")))
    clock = SystemClock()

    def hear(event_type: str, **changes: object) -> None:
        example = shipped_example(event_type)
        subject = example.subject
        if "account_id" in changes:
            subject = f"account/{changes['account_id']}"
        envelope = replace(
            example,
            id=new_event_id(),
            time=clock.now(),
            subject=subject,
            data={**example.data, **changes},
        )
        receive(around.database, [envelope.to_json()], clock)
        handle_waiting(around.database, NOTIFICATION_HANDLERS, clock)

    def make_people() -> People:
        client_id, therapist_id, admin_id = (next(_numbers) + 10_000 for _ in range(3))
        hear("auth.account.registered.v1", account_id=client_id, email=f"p{client_id}@e.org")
        hear(
            "booking.appointment.booked.v1",
            client_id=client_id,
            practitioner_id=therapist_id,
            appointment_id=client_id,
        )
        actors = _actors(around.maker, client=client_id, therapist=therapist_id, admin=admin_id)
        listed = _ok(app.test_client().get("/api/v1/notifications", headers=actors["client"]))
        return People(actors=actors, known={"notification_id": listed.json["items"][0]["id"]})

    return Service(app=app, make_people=make_people)


def _actors(maker: TokenMaker, **ids: int) -> dict[str, Headers]:
    return {role: maker.headers(account_id, role) for role, account_id in ids.items()}


def _ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.get_data(as_text=True)
    return answer


INTERNAL = internal_headers()
SERVICES: Mapping[str, Callable[[Surroundings], Service]] = {
    "auth": auth,
    "profile": profile,
    "booking": booking,
    "chat": chat,
    "notification": notification,
}
