"""What may stand in the `given` of an exchange: sentences, each a few real calls through the
gateway that leave named values for the request and the answer.

`client.…` are values of the first person, `other.…` of a second one. "a client" is new in each
exchange; "somebody" is one person for all exchanges of a run that change nothing of theirs.
"""

import base64
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.testing.waiting import eventually
from tests.people import Place, Therapist, nth_slot, open_therapist, unique_email

CLIENT, OTHER = "client", "other"
PASSWORD = "a conforming password 1"
NEW_PASSWORD = "another conforming password 1"
STAGE_ANSWERS_AT_MOST = 12
PEOPLE_AT_ONCE = 8
HOURS_AHEAD = 24  # free hours, about two days
NIGHT_HOUR = 3
# a token of the right shape that nobody signed
FORGED_TOKEN = ".".join(
    base64.urlsafe_b64encode(part).rstrip(b"=").decode()
    for part in (b'{"alg":"EdDSA","kid":"nobody"}', b'{"sub":"1","id":1}', b"no signature")
)


Values = dict[str, Any]


class StepFailed(Exception):
    """A set-up step did not get the answer it needs, so the exchange could not be tried."""


@dataclass
class Stage:
    """What all exchanges of one run share: the place, therapists opened once, and people whom no
    exchange changes.
    """

    place: Place
    therapists: dict[str, Therapist] = field(default_factory=dict)
    people: dict[str, Values] = field(default_factory=dict)
    proved: list[Values] = field(default_factory=list)

    def therapist(self, kind: str, **record: object) -> Therapist:
        """Give the therapist of that kind, opened by staff on first use."""
        if kind not in self.therapists:
            self.therapists[kind] = open_therapist(self.place, **record)
        return self.therapists[kind]


@dataclass
class World:
    """One exchange's surroundings: the values its steps have left so far."""

    stage: Stage
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Give the platform."""
        return self.stage.place

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        scheme: str = "Bearer",
    ) -> Any:
        """Send one request of a set-up step and give the JSON it answers.

        Raises:
            StepFailed: it was refused.
        """
        answer = self.place.call_when_free(method, path, body, token=token, scheme=scheme)
        read = answer.json() if answer.content else None
        is_refused = isinstance(read, dict) and read.get("status") is False
        if not 200 <= answer.status_code < 300 or is_refused:
            raise StepFailed(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return read

    def remember(self, person: str, **values: object) -> None:
        """Leave values under a person's or a thing's name."""
        self.values.update({f"{person}.{name}": value for name, value in values.items()})

    def of(self, person: str, name: str) -> Any:
        """Give a value an earlier step left."""
        key = f"{person}.{name}"
        if key not in self.values:
            raise StepFailed(f"an earlier step should have given {key}")
        return self.values[key]


Step = Callable[[World], None]
STEPS: dict[str, Step] = {}


def step(sentence: str) -> Callable[[Step], Step]:
    """Name a step by the sentence exchanges use."""

    def named(function: Step) -> Step:
        STEPS[sentence] = function
        return function

    return named


def new_world(stage: Stage) -> World:
    """Give the values every exchange has without a step: unused names and a forged token."""
    world = World(stage=stage)
    world.remember("fresh", email=unique_email("fresh"), user_name=f"u{uuid.uuid4().hex[:12]}")
    world.remember("forged", token=FORGED_TOKEN)
    world.remember("place", url=stage.place.url)
    return world


def claims_of(token: str) -> dict[str, Any]:
    """Read a token's claims as clients of `accounts` do, without verifying."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return claims


def _log_in_through_matching(world: World) -> Values:
    email = unique_email("vasya")
    body = {"user_name": "Vasya", "user_mail": email, "password": PASSWORD}
    token = world.call("POST", "/registration", body)["session"]
    return _logged_in(token, email=email)


def _log_in_through_accounts(world: World) -> Values:
    email, user_name = unique_email("john"), f"john{uuid.uuid4().hex[:10]}"
    body = {
        "email": email,
        "user_name": user_name,
        "first_name": "John",
        "last_name": "Doe",
        "password": PASSWORD,
        "role": "user",
    }
    token = world.call("POST", "/users", body)["JWT"]
    return _logged_in(token, email=email, user_name=user_name)


def _log_in_through_wellbeing(world: World) -> Values:
    """Take one of several people who waited for their mails together."""
    proved = world.stage.proved
    if not proved:
        addresses = [_sign_up_through_wellbeing(world) for _ in range(PEOPLE_AT_ONCE)]
        proved += [_prove(world, address) for address in addresses]
    return proved.pop()


def _sign_up_through_wellbeing(world: World) -> str:
    email = unique_email("lena")
    body = {"email": email, "password": PASSWORD, "first_name": "Lena", "last_name": "Ivanova"}
    world.call("POST", "/users/signup/", body)
    return email


def _prove(world: World, email: str) -> Values:
    code = world.place.code_to(email)
    world.call("POST", "/users/verify_signup/", {"email": email, "code": code})
    opened = world.call("POST", "/users/login/", {"email": email, "password": PASSWORD})
    return _logged_in(opened["token"], email=email, code=code)


def _logged_in(token: str, **values: str) -> Values:
    return {"token": token, "id": claims_of(token)["id"], "password": PASSWORD, **values}


DIALECTS: dict[str, Callable[[World], Values]] = {
    "matching": _log_in_through_matching,
    "accounts": _log_in_through_accounts,
    "wellbeing": _log_in_through_wellbeing,
}


def _person_of_the_run(world: World, name: str, dialect: str) -> Values:
    """Give a person whom exchanges share, opened on first use."""
    key = f"{name} of {dialect}"
    if key not in world.stage.people:
        world.stage.people[key] = DIALECTS[dialect](world)
    return world.stage.people[key]


def _logged_out_person(world: World, dialect: str) -> Values:
    is_new = f"logged out of {dialect}" not in world.stage.people
    person = _person_of_the_run(world, "logged out", dialect)
    if is_new:
        world.call("DELETE", "/api/v1/login-sessions/current", token=person["token"])
    return person


def _name_people_of(dialect: str) -> None:
    """Name the steps that bring somebody of this dialect."""

    @step(f"a client logged in through {dialect}")
    def _client(world: World) -> None:
        world.remember(CLIENT, **DIALECTS[dialect](world))

    @step(f"another client logged in through {dialect}")
    def _another_client(world: World) -> None:
        world.remember(OTHER, **DIALECTS[dialect](world))

    @step(f"somebody logged in through {dialect}")
    def _somebody(world: World) -> None:
        world.remember(CLIENT, **_person_of_the_run(world, "somebody", dialect))

    @step(f"somebody else logged in through {dialect}")
    def _somebody_else(world: World) -> None:
        world.remember(OTHER, **_person_of_the_run(world, "somebody else", dialect))

    @step(f"an ended token of {dialect}")
    def _ended_token(world: World) -> None:
        world.remember(CLIENT, **_logged_out_person(world, dialect))


for _dialect in DIALECTS:
    _name_people_of(_dialect)


@step("a client signed up through wellbeing")
def _client_signed_up(world: World) -> None:
    email = _sign_up_through_wellbeing(world)
    world.remember(CLIENT, email=email, password=PASSWORD, code=world.place.code_to(email))


@step("the client's Basic headers")
def _basic_headers(world: World) -> None:
    email, password = world.of(CLIENT, "email"), world.of(CLIENT, "password")
    world.remember(
        CLIENT,
        basic_token=_base64(f"{world.of(CLIENT, 'token')}:"),
        basic_credentials=_base64(f"{email}:{password}"),
        wrong_basic_credentials=_base64(f"{email}:not the password"),
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@step("an admin logged in")
def _admin_logged_in(world: World) -> None:
    token = world.place.admin_token()
    world.remember("admin", token=token, id=claims_of(token)["id"])


@step("a published therapist")
def _published_therapist(world: World) -> None:
    _remember_therapist(world, world.stage.therapist("ordinary"), "therapist")


@step("another published therapist")
def _another_published_therapist(world: World) -> None:
    _remember_therapist(world, world.stage.therapist("another"), "other_therapist")


@step("a published therapist whose appointments cannot be moved late")
def _strict_therapist(world: World) -> None:
    settings = {"hard_limit_minutes": 43_200}
    _remember_therapist(world, world.stage.therapist("strict", settings=settings), "therapist")


def _remember_therapist(world: World, therapist: Therapist, name: str) -> None:
    """Leave the therapist's id, and free hours from tomorrow on that nobody else of the run has."""
    reader = _person_of_the_run(world, "somebody", "matching")
    body = {"session": reader["token"], "psy_id": therapist.id}
    slots = world.call("POST", "/get_time", body)["psy_time_slots"]
    world.remember(name, id=therapist.id, name=therapist.name)
    hours = [nth_slot(slots, HOURS_AHEAD + number) for number in range(3)]
    (label,) = hours[0]
    world.remember(
        "hour" if name == "therapist" else "other_hour",
        first=hours[0],
        second=hours[1],
        third=hours[2],
        never={label: NIGHT_HOUR},
        first_text=json.dumps(hours[0]),
    )


def _book(world: World, person: str, hour: str = "first") -> None:
    body = {
        "session": world.of(person, "token"),
        "psy_id": world.of("therapist", "id"),
        "psy_time_slots": world.of("hour", hour),
    }
    world.call("POST", "/select_therapist", body)


@step("the client booked the first hour")
def _client_booked(world: World) -> None:
    _book(world, CLIENT)


@step("the other client booked the second hour")
def _other_client_booked(world: World) -> None:
    _book(world, OTHER, "second")


@step("the client asked for a move")
def _client_asked_for_a_move(world: World) -> None:
    body = {"session": world.of(CLIENT, "token"), "psy_id": world.of("therapist", "id")}
    world.remember("move", token=world.call("POST", "/re_sheldure", body)["time_token"])


@step("the client's appointments were cancelled")
def _client_cancelled(world: World) -> None:
    token = world.of(CLIENT, "token")
    coming = world.call("GET", "/api/v1/appointments?when=coming", token=token)["items"]
    for appointment in coming:
        path = f"/api/v1/appointments/{appointment['id']}/cancellation"
        world.call("POST", path, {}, token=token)


def _remember_notification(world: World, person: str) -> None:
    _book(world, person, "first" if person == CLIENT else "second")
    token = world.of(person, "token")

    def newest() -> Any:
        items = world.call("GET", "/api/v1/notifications?limit=500", token=token)["items"]
        return items[0]["id"] if items else None

    world.remember(person, notification_id=eventually(newest, within_seconds=80, every=0.05))


@step("the client has a notification")
def _client_has_a_notification(world: World) -> None:
    _remember_notification(world, CLIENT)


@step("the other client has a notification")
def _other_client_has_a_notification(world: World) -> None:
    _remember_notification(world, OTHER)


@step("the client is premium")
def _client_is_premium(world: World) -> None:
    token = world.of(CLIENT, "token")
    world.call("POST", "/users/upgrade_premuim/", token=token, scheme="Token")


@step("the client asked for another address")
def _client_asked_for_another_address(world: World) -> None:
    email = unique_email("moved")
    token = world.of(CLIENT, "token")
    world.call("POST", "/users/change_email/", {"email": email}, token=token, scheme="Token")
    world.remember(CLIENT, new_email=email, code=world.place.code_to(email))


@step("the client asked for a password reset")
def _client_asked_for_a_reset(world: World) -> None:
    email = world.of(CLIENT, "email")
    before = len(world.place.mailbox.mails_to(email))
    world.call("POST", "/users/reset_password/", {"email": email})
    mail = world.place.mail_to(email, lambda each: "reset code" in each.text)
    if len(world.place.mailbox.mails_to(email)) <= before:
        raise StepFailed("no new mail came")
    world.remember(CLIENT, code=mail.code, wrong_code=_another_code(mail.code))


@step("the client has a wrong code")
def _client_has_a_wrong_code(world: World) -> None:
    world.remember(CLIENT, wrong_code=_another_code(world.of(CLIENT, "code")))


@step("five wrong codes were tried")
def _five_wrong_codes(world: World) -> None:
    body = {"email": world.of(CLIENT, "email"), "code": _another_code(world.of(CLIENT, "code"))}
    for _ in range(5):
        answer = world.place.call("PUT", "/users/verify_reset_password/", body)
        if answer.status_code != 400:
            raise StepFailed(f"a wrong code was answered with {answer.status_code}")


@step("the code was used")
def _code_was_used(world: World) -> None:
    email, code = world.of(CLIENT, "email"), world.of(CLIENT, "code")
    body = {"email": email, "code": code, "password": NEW_PASSWORD}
    world.call("POST", "/users/verify_reset_password/", body)


def _another_code(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@step("the client's guided sessions")
def _guided_sessions(world: World) -> None:
    _remember_sessions(world, CLIENT, "session")


@step("the other client's guided sessions")
def _other_guided_sessions(world: World) -> None:
    _remember_sessions(world, OTHER, "other_session")


def _remember_sessions(world: World, person: str, name: str) -> None:
    token = world.of(person, "token")
    sessions = world.call("GET", "/users/sessions/", token=token, scheme="Token")
    by_order = {each["stage"]["order"]: each["id"] for each in sessions}
    world.remember(name, first=by_order[0], second=by_order[1])


@step("the client began the first stage")
def _client_began(world: World) -> None:
    body = {"session_id": world.of("session", "first")}
    token = world.of(CLIENT, "token")
    world.call("POST", "/users/initialize_chat/", body, token=token, scheme="Token")


@step("the client completed the first stage")
def _client_completed(world: World) -> None:
    first, token = world.of("session", "first"), world.of(CLIENT, "token")
    for number in range(STAGE_ANSWERS_AT_MOST):
        sessions = world.call("GET", "/users/sessions/", token=token, scheme="Token")
        if next(each for each in sessions if each["id"] == first)["is_completed"]:
            return
        body = {"session_id": first, "message": f"answer {number}"}
        world.call("POST", "/users/chat/", body, token=token, scheme="Token")
    raise StepFailed("the first stage has no end")
