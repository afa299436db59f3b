"""The people of the journeys: old clients and staff, who know nothing but the gateway's URL."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from shared.testing.waiting import eventually
from tests.mailboxes import Mailbox, ReceivedMail

TIMEOUT_SECONDS = 15
BUSY_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Place:
    """A platform somewhere: its URL, where its mails are, and who its admin is."""

    url: str
    mailbox: Mailbox
    admin_email: str
    admin_password: str

    def call(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        token: str | None = None,
        scheme: str = "Bearer",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> requests.Response:
        """Send one request, following no redirect."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"{scheme} {token}".strip()
        return requests.request(
            method, self.url + path, json=json, headers=sent, timeout=TIMEOUT_SECONDS,
            allow_redirects=False, **more,
        )  # fmt: skip

    def call_when_free(
        self, method: str, path: str, json: object = None, **more: Any
    ) -> requests.Response:
        """Send a request of somebody's set-up, again while the platform says it is too busy. What
        was answered so may have been done all the same.
        """
        return unless_busy(lambda: self.call(method, path, json, **more))

    def mail_to(
        self,
        address: str,
        fits: Callable[[ReceivedMail], bool] = lambda _: True,
        count: int = 1,
        *,
        within_seconds: float = 80,
    ) -> ReceivedMail:
        """Wait until `count` fitting mails have come to the address; give the newest."""

        def ask() -> ReceivedMail | None:
            mails = [mail for mail in self.mailbox.mails_to(address) if fits(mail)]
            return mails[-1] if len(mails) >= count else None

        found = eventually(ask, within_seconds=within_seconds, every=0.05)
        assert found is not None
        return found

    def code_to(self, address: str, count: int = 1) -> str:
        """Wait for the `count`-th code mail to the address; give its code."""
        return self.mail_to(address, lambda mail: mail.has_code, count).code

    def prove(self, therapist: "Therapist") -> None:
        """Let a therapist prove the address by setting the password anew."""
        asked = self.call_when_free("POST", "/api/v1/password-resets", {"email": therapist.email})
        assert asked.status_code == 202, asked.text
        code = self.mail_to(therapist.email, lambda mail: "reset code" in mail.text).code
        body = {"email": therapist.email, "code": code, "password": therapist.password}
        done = self.call_when_free("POST", "/api/v1/password-resets/confirm", body)
        assert done.status_code == 200, done.text

    def admin_token(self) -> str:
        """Log the admin in."""
        body = {"email": self.admin_email, "password": self.admin_password}
        answer = self.call_when_free("POST", "/api/v1/login-sessions", body)
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["access_token"]
        return token


def unless_busy(ask: Callable[[], requests.Response]) -> requests.Response:
    """Ask again while the answer is 503."""

    def answers() -> list[requests.Response]:
        answer = ask()
        return [] if answer.status_code == 503 else [answer]

    [answer] = eventually(answers, within_seconds=BUSY_SECONDS, every=1)
    return answer


def unique_email(name: str = "person") -> str:
    """Give an address nobody has."""
    return f"{name}.{uuid.uuid4().hex[:12]}@hearth.example"


ALL_DAY = [
    {"weekday": day, "starts": "08:00", "ends": "20:00"} for day in range(7)
]  # in the therapist's zone


@dataclass
class Therapist:
    """A published therapist, who has not accepted the invitation yet."""

    id: int
    email: str
    password: str
    name: str

    def join(self, place: Place) -> "Therapist":
        """Accept the mailed invitation; only then the password opens the account."""
        token = place.mail_to(self.email, lambda mail: mail.has_link).link_token
        body = {"token": token, "password": self.password}
        accepted = place.call_when_free("POST", "/api/v1/invitations/acceptance", body)
        assert accepted.status_code == 200, accepted.text
        return self


def open_therapist(place: Place, **record: object) -> Therapist:
    """Do what staff do: open the account, write the public record and weekly hours, publish."""
    token = place.admin_token()
    password = "a therapist password 1"

    def open_account() -> requests.Response:
        account = {
            "email": unique_email("therapist"), "first_name": "Petya", "last_name": "Kis",
            "role": "therapist",
        }  # fmt: skip
        return place.call("POST", "/api/v1/accounts", account, token=token)

    opened = unless_busy(open_account)
    assert opened.status_code == 201, opened.text
    identifier, email = opened.json()["id"], opened.json()["email"]
    body = {
        "name": "Petya Kis", "information": {"ru": "О себе", "en": "About me"},
        "education": {"ru": "Образование", "en": "Education"}, "therapy_types": ["individual"],
        "methods": [2], "topics": [10, 11, 24], "languages": ["ru", "en"], "gender": "man",
        "session_minutes": 50, "price_minor_units": 1_000_000, "currency": "HUF",
        "time_zone": "Europe/Budapest", **record,
    }  # fmt: skip
    written = place.call_when_free("PUT", f"/api/v1/practitioners/{identifier}", body, token=token)
    assert written.status_code in (200, 201), written.text
    hours = {
        "time_zone": "Europe/Budapest", "weekly_hours": ALL_DAY, "overrides": [], "absences": []
    }  # fmt: skip
    schedule = place.call_when_free(
        "PUT", f"/api/v1/practitioners/{identifier}/schedule", hours, token=token
    )
    assert schedule.status_code == 200, schedule.text
    published = place.call_when_free(
        "PUT", f"/api/v1/practitioners/{identifier}/publication", token=token
    )
    assert published.status_code == 200, published.text
    return Therapist(id=identifier, email=email, password=password, name="Petya Kis")


@dataclass
class MatchingClient:
    """A client of the therapist-matching front end: POST and JSON, the token in the body."""

    place: Place
    email: str = field(default_factory=lambda: unique_email("vasya"))
    password: str = "password"
    session: str = ""

    def post(self, path: str, **fields: object) -> dict[str, Any]:
        """POST with the session; the answer is always HTTP 200."""
        answer = self.place.call("POST", path, {"session": self.session, **fields})
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        body: dict[str, Any] = answer.json()
        return body

    def register(self) -> "MatchingClient":
        """Open an account; one that a busy platform opened without saying so is logged in to."""
        theirs = {"user_mail": self.email, "password": self.password}
        answer = self.place.call_when_free(
            "POST", "/registration", {"user_name": "Vasya", **theirs}
        )
        if answer.json().get("error") == "registration error, user exists":
            answer = self.place.call_when_free("POST", "/login", theirs)
        assert answer.json()["status"] is True, answer.text
        self.session = answer.json()["session"]
        return self

    def join(self) -> "MatchingClient":
        """Open an account whose address is proved, at the front end that proves addresses, and log
        in here: mails about appointments go to proved addresses only.
        """
        self.password = "a matching password 1"
        WellbeingClient(self.place, email=self.email, password=self.password).join()
        answer = self.place.call_when_free(
            "POST", "/login", {"user_mail": self.email, "password": self.password}
        )
        assert answer.json()["status"] is True, answer.text
        self.session = answer.json()["session"]
        return self

    def free_hours(self, therapist: Therapist) -> dict[str, list[int]]:
        """Ask for the therapist's free hours."""
        body = {"session": self.session, "psy_id": therapist.id}
        answer = self.place.call_when_free("POST", "/get_time", body)
        assert answer.json()["status"] is True, answer.text
        slots: dict[str, list[int]] = answer.json()["psy_time_slots"]
        return slots

    def choose(self, therapist: Therapist, slot: dict[str, int]) -> dict[str, Any]:
        """Choose a therapist's hour."""
        return self.post("/select_therapist", psy_id=therapist.id, psy_time_slots=slot)


def nth_slot(slots: dict[str, list[int]], number: int) -> dict[str, int]:
    """Give the `number`-th free hour of an answer, counting days and hours ascending."""
    flat = [(label, hour) for label, hours in slots.items() for hour in hours]
    label, hour = flat[number]
    return {label: hour}


@dataclass
class WellbeingClient:
    """A client of the wellbeing front end: trailing slashes and `Authorization: Token`."""

    place: Place
    email: str = field(default_factory=lambda: unique_email("lena"))
    password: str = "a wellbeing password 1"
    token: str = ""

    def call(self, method: str, path: str, json: object = None, **more: Any) -> requests.Response:
        """Call with the token, if there is one."""
        return self.place.call(method, path, json, token=self.token or None, scheme="Token", **more)

    def sign_up(self) -> "WellbeingClient":
        """Ask for an account."""
        body = {
            "email": self.email, "password": self.password, "first_name": "Lena",
            "last_name": "Ivanova",
        }  # fmt: skip
        answer = self.place.call_when_free("POST", "/users/signup/", body)
        assert answer.status_code == 200, answer.text
        return self

    def verify(self, code: str) -> requests.Response:
        """Give the mailed code."""
        return self.place.call("POST", "/users/verify_signup/", {"email": self.email, "code": code})

    def log_in(self) -> "WellbeingClient":
        """Log in."""
        body = {"email": self.email, "password": self.password}
        answer = self.place.call_when_free("POST", "/users/login/", body)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["token"]
        return self

    def join(self) -> "WellbeingClient":
        """Sign up, prove the address, log in."""
        self.sign_up()
        code = self.place.code_to(self.email)
        proved = self.place.call_when_free(
            "POST", "/users/verify_signup/", {"email": self.email, "code": code}
        )
        assert proved.status_code == 200, proved.text
        return self.log_in()


def soonest_offered(place: Place, therapist: Therapist, token: str, number: int = 0) -> str:
    """Give the `number`-th free instant of a therapist at least a day ahead, by the clean API."""
    start = datetime.now(UTC) + timedelta(days=1)
    query = (
        f"?from={start:%Y-%m-%dT%H:%M:%SZ}&until={start + timedelta(days=10):%Y-%m-%dT%H:%M:%SZ}"
    )
    path = f"/api/v1/practitioners/{therapist.id}/slots{query}"
    answer = place.call_when_free("GET", path, token=token)
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["items"][number]["starts_at"]
    return found
