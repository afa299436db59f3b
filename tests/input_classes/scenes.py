"""How each row is reached: who calls it, a valid request, and where what it took is shown again.

Everything goes through the gateway. People are opened once for a platform and shared by the rows;
a scene makes what an accepted request uses up (a code, a notification, a free hour) anew.
"""

# ruff: noqa: E501 - a scene of the table is one line

import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.testing.waiting import eventually
from tests.conformance.replaying import FILES
from tests.conformance.setup_steps import claims_of
from tests.input_classes.classes import body_of
from tests.input_classes.sending import Answer, Request, sent
from tests.people import (
    MatchingClient,
    Place,
    Therapist,
    WellbeingClient,
    nth_slot,
    open_therapist,
    unique_email,
)  # fmt: skip

Values = dict[str, Any]
HOURS_AHEAD = 24
STAGES = 12
PASSWORD = "a password for every class 1"


def unique() -> str:
    """Give letters nobody used."""
    return uuid.uuid4().hex[:12]


@dataclass
class Person:
    """Somebody with an account, whose token opens every dialect."""

    email: str
    password: str
    token: str

    @property
    def id(self) -> int:
        """Give the account's id, as old clients read it from the token."""
        return int(claims_of(self.token)["id"])


@dataclass
class Cast:
    """The people of one platform."""

    place: Place
    people: dict[str, Person] = field(default_factory=dict)
    signed_up: list[WellbeingClient] = field(default_factory=list)
    code_mails: dict[str, int] = field(default_factory=dict)
    _therapist: Therapist | None = None
    _hours: Iterator[dict[str, int]] | None = None

    @property
    def therapist(self) -> Therapist:
        """Give the therapist of all rows."""
        if self._therapist is None:
            self._therapist = open_therapist(self.place)
        return self._therapist

    def next_hour(self) -> dict[str, int]:
        """Give a free hour of the therapist that no row was given yet."""
        if self._hours is None:
            reader = MatchingClient(self.place, session=self.client("reader").token)
            slots = reader.free_hours(self.therapist)
            numbers = range(HOURS_AHEAD, sum(len(hours) for hours in slots.values()))
            self._hours = iter([nth_slot(slots, number) for number in numbers])
        return next(self._hours)

    def client(self, name: str) -> Person:
        """Give a person of `matching`."""
        if name not in self.people:
            opened = MatchingClient(self.place, password=PASSWORD).register()
            self.people[name] = Person(opened.email, opened.password, opened.session)
        return self.people[name]

    def in_care(self, name: str) -> Person:
        """Give a person of `matching` with a therapist and a coming appointment."""
        is_new = name not in self.people
        person = self.client(name)
        if is_new:
            self.book(person)
        return person

    def book(self, person: Person) -> None:
        """Take the next free hour, or move there."""
        body = {
            "session": person.token, "psy_id": self.therapist.id,
            "psy_time_slots": self.next_hour(),
        }  # fmt: skip
        self.ask("POST", "/select_therapist", body)

    def verified(self, name: str) -> Person:
        """Give a person of `wellbeing`; several wait for their mails together."""
        if name not in self.people:
            client = self.unverified()
            code = self.code_to(client.email)
            self.ask("POST", "/users/verify_signup/", {"email": client.email, "code": code})
            client.log_in()
            self.people[name] = Person(client.email, client.password, client.token)
        return self.people[name]

    def unverified(self) -> WellbeingClient:
        """Give somebody who signed up; the code is on its way."""
        if not self.signed_up:
            self.signed_up = [
                WellbeingClient(self.place, password=PASSWORD).sign_up() for _ in range(8)
            ]
        return self.signed_up.pop()

    def code_to(self, email: str) -> str:
        """Wait for the next code mail to an address."""
        self.code_mails[email] = self.code_mails.get(email, 0) + 1
        return self.place.code_to(email, self.code_mails[email])

    def ask(self, method: str, path: str, body: object = None, token: str | None = None) -> Any:
        """Send a request that must succeed; give its JSON."""
        answer = self.place.call_when_free(method, path, body, token=token)
        told = answer.json() if answer.content else None
        is_refused = isinstance(told, dict) and told.get("status") is False
        is_done = answer.ok and not is_refused
        assert is_done, f"{path}: {answer.status_code} {answer.text[:300]}"
        return told

    def can_log_in(self, email: object, password: object) -> Person | None:
        """Log in through `accounts`; None when that is refused."""
        body = body_of({"email": email, "password": password})
        headers = {"Content-Type": "application/json"}
        answer = sent(self.place, Request(method="POST", path="/login", headers=headers, body=body))
        if not answer.is_success or not isinstance(answer.json, dict):
            return None
        return Person(str(email), str(password), answer.json["access_token"])

    def account(self, person: Person) -> Values:
        """Read an account as its owner."""
        found: Values = self.ask("GET", f"/users/{person.id}", token=person.token)
        return found


@dataclass(frozen=True, kw_only=True)
class Scene:
    """How one row is reached.

    `fresh` gives valid values of all fields by their names and may make what they need; `token`
    says whose header stands there; `shown` gives what is shown of the values that were accepted.
    """

    method: str
    path: str
    fresh: Callable[[Cast], Values]
    token: Callable[[Cast], str] | None = None
    shown: Callable[[Cast, Values, Answer], Mapping[str, object]] | None = None
    not_shown: frozenset[str] = frozenset()
    alone: frozenset[str] = frozenset()

    def headers(self, cast: Cast) -> dict[str, str]:
        """Give the headers of a call."""
        headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        if self.token is not None:
            headers["Authorization"] = f"Token {self.token(cast)}"
        return headers


def _nothing(_cast: Cast) -> Values:
    return {}


def _main(cast: Cast) -> Person:
    """Give the premium person of `wellbeing` whom most rows share."""
    is_new = "main" not in cast.people
    person = cast.verified("main")
    if is_new:
        cast.ask("POST", "/users/upgrade_premuim/", token=person.token)
    return person


def _main_token(cast: Cast) -> str:
    return _main(cast).token


def _of(name: str) -> Callable[[Cast], str]:
    return lambda cast: cast.verified(name).token


def _account(cast: Cast) -> Person:
    """Give the person of `accounts`."""
    if "account" not in cast.people:
        body = _account_values(cast)
        token = cast.ask("POST", "/users", body)["JWT"]
        cast.people["account"] = Person(body["email"], body["password"], token)
    return cast.people["account"]


def _account_token(cast: Cast) -> str:
    return _account(cast).token


# wellbeing


def _sign_up_values(_cast: Cast) -> Values:
    return {
        "email": unique_email("w1"), "password": PASSWORD, "first_name": "Lena",
        "last_name": "Ivanova",
    }  # fmt: skip


def _account_shown(cast: Cast, values: Values, _answer: Answer) -> Values:
    person = cast.can_log_in(values["email"], values["password"])
    if person is None:
        return dict.fromkeys(values, "nobody can log in")
    return {**cast.account(person), "password": values["password"]}


def _address_answered(_cast: Cast, _values: Values, answer: Answer) -> Values:
    return answer.json if isinstance(answer.json, dict) else {}


def _sign_up_code(cast: Cast) -> Values:
    email = cast.unverified().email
    return {"email": email, "code": cast.code_to(email)}


def _log_in_values(cast: Cast) -> Values:
    person = _main(cast)
    return {"email": person.email, "password": person.password}


def _notification(cast: Cast) -> Values:
    person = _main(cast)
    known: list[int] = []

    def listed() -> list[int]:
        path = "/api/v1/notifications?limit=500"
        items = cast.ask("GET", path, token=person.token)["items"]
        return [each["id"] for each in items]

    known = listed()
    if not known:
        cast.book(person)
        known = eventually(listed, within_seconds=80, every=0.05)
    return {"id": known[0]}


def _profile_values(_cast: Cast) -> Values:
    return {"birth_date": "1990-05-17", "gender": "F", "speciality": "listening"}


def _profile_shown(cast: Cast, _values: Values, _answer: Answer) -> Values:
    found: Values = cast.ask("GET", "/users/my_profile/", token=_main_token(cast))
    return found


def _new_address_shown(cast: Cast, values: Values, _answer: Answer) -> Values:
    email = str(values["email"]).lower()
    body = {"email": email, "code": cast.code_to(email)}
    cast.ask("POST", "/users/verify_signup/", body)
    found: Values = cast.ask("GET", "/users/my_profile/", token=cast.verified("W14").token)
    return found


def _passwords(name: str, old: str, new: str) -> Callable[[Cast], Values]:
    def fresh(cast: Cast) -> Values:
        person = _account(cast) if name == "account" else cast.verified(name)
        values: Values = {old: person.password, new: f"a fresh password {unique()}"}
        return {"id": person.id, **values} if name == "account" else values

    return fresh


def _password_shown(name: str, new: str) -> Callable[[Cast, Values, Answer], Values]:
    def shown(cast: Cast, values: Values, _answer: Answer) -> Values:
        person = cast.people[name]
        person.password = values[new]
        is_known = cast.can_log_in(person.email, values[new]) is not None
        return {new: values[new] if is_known else "nobody can log in"}

    return shown


def _reset_code(cast: Cast) -> Values:
    person = cast.verified("reset")
    cast.ask("POST", "/users/reset_password/", {"email": person.email})
    return {"email": person.email, "code": cast.code_to(person.email)}


def _reset_values(cast: Cast) -> Values:
    return {**_reset_code(cast), "password": f"a fresh password {unique()}"}


def _settings_values(_cast: Cast) -> Values:
    return {
        "email_notification": True, "appointments_notification": True,
        "results_notification": True, "marketing_email": True,
    }  # fmt: skip


def _settings_shown(cast: Cast, _values: Values, _answer: Answer) -> Values:
    found: Values = cast.ask("GET", "/users/settings/", token=_main_token(cast))
    return found


_asked_sessions = itertools.count()


def _open_session(cast: Cast) -> Values:
    """Give a guided session that can still be answered, another one each time."""
    sessions = cast.ask("GET", "/users/sessions/", token=_main_token(cast))
    can_go_on = [each["id"] for each in sessions if not each["is_completed"]]
    return {"session_id": can_go_on[next(_asked_sessions) % len(can_go_on)]}


def _answer_values(cast: Cast) -> Values:
    return {**_open_session(cast), "message": "an answer"}


def _answer_shown(cast: Cast, values: Values, _answer: Answer) -> Values:
    path = f"/users/chat/?session_id={values['session_id']}"
    lines = cast.ask("GET", path, token=_main_token(cast))
    return {"message": [each["message"] for each in lines if each["is_user"]][-1]}


# accounts


def _account_values(_cast: Cast) -> Values:
    return {
        "email": unique_email("john"), "user_name": f"john{unique()}", "first_name": "John",
        "last_name": "Doe", "password": PASSWORD, "role": "user",
    }  # fmt: skip


def _own_id(cast: Cast) -> Values:
    return {"id": _account(cast).id}


def _names(cast: Cast) -> Values:
    person = _account(cast)
    found = cast.account(person)
    return {"id": person.id, "email": person.email, "user_name": found["user_name"],
            "first_name": "John", "last_name": "Doe"}  # fmt: skip


def _names_shown(cast: Cast, _values: Values, _answer: Answer) -> Values:
    return cast.account(_account(cast))


def _account_log_in(cast: Cast) -> Values:
    person = _account(cast)
    return {"email": person.email, "password": person.password}


def _new_token(cast: Cast) -> str:
    """Log the person of `accounts` in once more."""
    person = _account(cast)
    token: str = cast.ask("POST", "/login", {"email": person.email, "password": person.password})[
        "access_token"
    ]
    return token


# matching


def _session(name: str) -> Callable[[Cast], Values]:
    return lambda cast: {"session": cast.client(name).token}


def _matching_log_in(cast: Cast) -> Values:
    person = cast.client("reader")
    return {"user_mail": person.email, "password": person.password}


def _registration_values(_cast: Cast) -> Values:
    return {"user_name": "Vasya", "user_mail": unique_email("vasya"), "password": PASSWORD}


def _registration_shown(cast: Cast, values: Values, _answer: Answer) -> Values:
    email = values.get("user_mail", values.get("user_email"))
    person = cast.can_log_in(email, values["password"])
    if person is None:
        return dict.fromkeys(values, "nobody can log in")
    account = cast.account(person)
    return {
        "user_name": account["first_name"], "user_mail": account["email"],
        "user_email": account["email"], "password": values["password"],
    }  # fmt: skip


def _preferences(cast: Cast) -> Values:
    return {
        "user_age": 30, "user_experience": True, "user_isindividual": True,
        "user_sex_preference": 2, "user_time_preference": 2, "user_cash_preference": 0,
        "user_filters": "10, 11, 24", "user_selected_time": 18, **_session("reader")(cast),
    }  # fmt: skip


def _preferences_shown(cast: Cast, _values: Values, _answer: Answer) -> Values:
    token = cast.client("reader").token
    found = cast.ask("GET", "/api/v1/matching-preferences/me", token=token)
    return {
        "user_age": found["age"],
        "user_experience": found["has_experience"],
        "user_isindividual": found["therapy_type"] == "individual",
        "user_sex_preference": ("man", "woman", "any").index(found["preferred_gender"]),
        "user_time_preference": ("any", "nearest", "specific").index(found["time_preference"]),
        "user_cash_preference": found["price_band"],
        "user_filters": found["topics"],
        "user_selected_time": found["preferred_hour"],
    }


def _choice(name: str) -> Callable[[Cast], Values]:
    return lambda cast: {
        "session": cast.in_care(name).token, "psy_id": cast.therapist.id,
        "psy_time_slots": cast.next_hour(),
    }  # fmt: skip


def _message_values(cast: Cast) -> Values:
    person = cast.in_care("mover")
    values = {"session": person.token, "psy_id": cast.therapist.id}
    if "has written" not in cast.people:  # chat hears of a new care relation a little later

        def is_heard() -> bool:
            answer = cast.place.call_when_free("POST", "/send_message", {**values, "text": "hello"})
            return bool(answer.json()["status"])

        eventually(is_heard, within_seconds=80, every=0.1)
        cast.people["has written"] = person
    return {**values, "text": "hello"}


def _message_shown(cast: Cast, _values: Values, _answer: Answer) -> Values:
    token = cast.in_care("mover").token
    [conversation] = cast.ask("GET", "/api/v1/conversations", token=token)["items"]
    path = f"/api/v1/conversations/{conversation['id']}/messages"
    return {"text": cast.ask("GET", path, token=token)["items"][-1]["text"]}


def _card_values(cast: Cast) -> Values:
    return {
        "card_name": "VASYA PUPKIN", "card_number": "4242 4242 4242 4242", "card_exp": "12/90",
        "card_ccv": "123", **_session("reader")(cast),
    }  # fmt: skip


def _leaving_values(cast: Cast) -> Values:
    person = cast.client("leaver")
    current = cast.ask("POST", "/client_lk", {"session": person.token})
    if current["psy_id"] is None:
        cast.book(person)
    return {"session": person.token, "psy_id": cast.therapist.id, "problems": [1],
            "more_problems": "none", "call_me": 1}  # fmt: skip


def _leaving_shown(cast: Cast, _values: Values, _answer: Answer) -> Values:
    token = cast.client("leaver").token
    ended = cast.ask("GET", "/api/v1/care-relations?state=ended", token=token)["items"]
    last = max(ended, key=lambda each: each["id"])
    return {
        "problems": last["reasons"], "more_problems": last["more_reasons"],
        "call_me": last["wants_call"],
    }  # fmt: skip


def _log_out_values(cast: Cast) -> Values:
    person = cast.client("reader")
    body = {"user_mail": person.email, "password": person.password}
    return {"session": cast.ask("POST", "/login", body)["session"]}


def _with_therapist(cast: Cast) -> Values:
    return {**_session("reader")(cast), "psy_id": cast.therapist.id}


# fmt: off
SCENES: Mapping[str, Scene] = {
    "W1": Scene(method="POST", path="/users/signup/", fresh=_sign_up_values, shown=_account_shown),
    "W2": Scene(method="POST", path="/users/resend_code/", fresh=lambda _: {"email": unique_email()}, shown=_address_answered),
    "W3": Scene(method="POST", path="/users/verify_signup/", fresh=_sign_up_code),
    "W4": Scene(method="POST", path="/users/login/", fresh=_log_in_values),
    "W5": Scene(method="GET", path="/users/my_profile/", fresh=_nothing, token=_main_token),
    "W6": Scene(method="POST", path="/users/change_profile_picture/", fresh=lambda _: {"picture": FILES["a picture"]}, token=_main_token),
    "W7": Scene(method="GET", path="/users/others_profile/<id>/", fresh=lambda cast: {"id": _main(cast).id}, token=_main_token),
    "W8": Scene(method="GET", path="/users/profile_picture/<id>/", fresh=lambda cast: {"id": _main(cast).id}, token=_main_token),
    "W9": Scene(method="GET", path="/users/notifications/", fresh=_nothing, token=_main_token),
    "W10": Scene(method="DELETE", path="/users/notifications/", fresh=_notification, token=_main_token),
    "W11": Scene(method="GET", path="/users/notifications_count/", fresh=_nothing, token=_main_token),
    "W12": Scene(method="POST", path="/users/upgrade_premuim/", fresh=_nothing, token=_of("W12")),
    "W13": Scene(method="POST", path="/users/update_profile/", fresh=_profile_values, token=_main_token, shown=_profile_shown),
    "W14": Scene(method="POST", path="/users/change_email/", fresh=lambda _: {"email": unique_email("w14")}, token=_of("W14"), shown=_new_address_shown),
    "W15": Scene(method="POST", path="/users/change_password/", fresh=_passwords("W15", "old_password", "new_password"), token=_of("W15"), shown=_password_shown("W15", "new_password")),
    "W16": Scene(method="GET", path="/users/settings/", fresh=_nothing, token=_main_token),
    "W17": Scene(method="POST", path="/users/settings/", fresh=_settings_values, token=_main_token, shown=_settings_shown),
    "W18": Scene(method="POST", path="/users/reset_password/", fresh=lambda _: {"email": unique_email()}, shown=_address_answered),
    "W19": Scene(method="PUT", path="/users/verify_reset_password/", fresh=_reset_code),
    "W20": Scene(method="POST", path="/users/verify_reset_password/", fresh=_reset_values, shown=_password_shown("reset", "password")),
    "W21": Scene(method="GET", path="/users/sessions/", fresh=_nothing, token=_main_token),
    "W22": Scene(method="POST", path="/users/initialize_chat/", fresh=_open_session, token=_main_token),
    "W23": Scene(method="POST", path="/users/chat/", fresh=_answer_values, token=_main_token, shown=_answer_shown),
    "W24": Scene(method="GET", path="/users/chat/", fresh=_open_session, token=_main_token),
    "A1": Scene(method="POST", path="/users", fresh=_account_values, shown=_account_shown),
    "A2": Scene(method="GET", path="/users/<id>", fresh=_own_id, token=_account_token),
    "A3": Scene(method="PUT", path="/users/update/<id>", fresh=_names, token=_account_token, shown=_names_shown, not_shown=frozenset({"email"})),
    "A4": Scene(method="PUT", path="/users/update_password/<id>", fresh=_passwords("account", "existing_password", "password"), token=_account_token, shown=_password_shown("account", "password")),
    "A5": Scene(method="GET", path="/users/pagination", fresh=lambda _: {"page": 1, "per_page": 10}, token=_account_token),
    "A6": Scene(method="POST", path="/login", fresh=_account_log_in),
    "A7": Scene(method="POST", path="/logout", fresh=_nothing, token=_new_token),
    "A8": Scene(method="GET", path="/protected", fresh=_nothing, token=_account_token),
    "M1": Scene(method="POST", path="/login", fresh=_matching_log_in),
    "M2": Scene(method="POST", path="/registration", fresh=_registration_values, shown=_registration_shown),
    "M3": Scene(method="POST", path="/userdata", fresh=_preferences, shown=_preferences_shown, alone=frozenset({"user_time_preference"})),
    "M4": Scene(method="POST", path="/get_therapist_list", fresh=_session("reader")),
    "M5": Scene(method="POST", path="/select_therapist", fresh=_choice("mover")),
    "M6": Scene(method="POST", path="/client_lk", fresh=_session("reader")),
    "M7": Scene(method="POST", path="/re_sheldure", fresh=_choice("mover")),
    "M8": Scene(method="POST", path="/send_message", fresh=_message_values, shown=_message_shown),
    "M9": Scene(method="POST", path="/get_time", fresh=_with_therapist),
    "M10": Scene(method="POST", path="/card_data", fresh=_card_values),
    "M11": Scene(method="POST", path="/sessions_info", fresh=_session("reader")),
    "M12": Scene(method="POST", path="/change_therapist", fresh=_leaving_values, shown=_leaving_shown),
    "M13": Scene(method="POST", path="/", fresh=_nothing),
    "MX": Scene(method="POST", path="/logout", fresh=_log_out_values),
}
# fmt: on
