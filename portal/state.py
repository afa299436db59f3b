"""What the portal remembers of a visitor between two pages; it stands in their cookies alone."""

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from flask import g

LINK_KEPT = timedelta(hours=1)
MOST_LINKS = 4
CREDENTIALS_KEPT = timedelta(minutes=5)
SECOND_FACTOR_KEPT = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Login:
    """The tokens of a login session, and whose it is; `expires_at` is the access token's end, UTC.

    `role` is the API's word; empty in the cookies of earlier releases.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: str
    account_id: int = 0
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A mailed link that was opened: its token until it is used, the page it is for, and the stage
    that page is at. Forms name it by its `digest`.
    """

    page: str
    digest: str
    token: str = field(repr=False)
    stage: str
    opened_at: str


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """An address and a password that were right; a second factor is asked for."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    given_at: str


@dataclass(frozen=True, kw_only=True)
class BegunSecondFactor:
    """A second factor that is being set up: what the authenticator needs until it shows a code."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    begun_at: str


@dataclass(kw_only=True)
class State:
    """All of it. `form_key` is what forms must carry; `done` names the page whose act is done;
    `links` begin with the one opened or used first; `wishes` are
    what somebody who is not logged in looks for; `next_page` is where the login leads;
    `chosen` is the hour somebody is about to book; `sign_up_secret` shows that this browser
    signed up.
    """

    form_key: str = field(default="", repr=False)
    language: str = ""
    done: str = ""
    login: Login | None = None
    links: list[Link] = field(default_factory=list)
    credentials: Credentials | None = None
    second_factor: BegunSecondFactor | None = None
    wishes: dict[str, str] = field(default_factory=dict)
    next_page: str = ""
    chosen: dict[str, str] = field(default_factory=dict)
    sign_up_secret: str = field(default="", repr=False)

    def as_json(self) -> dict[str, Any]:
        """Give what stands in the cookie that is not the login's: only what is set."""
        kept = asdict(self)
        del kept["login"]
        return {name: value for name, value in kept.items() if value}

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> "State":
        """Read what `as_json` gave.

        Raises:
            TypeError: an earlier release wrote something else.
        """
        known = {each.name for each in fields(cls)} - {"login"}
        values = {name: value for name, value in kept.items() if name in known}
        values["links"] = [Link(**each) for each in values.get("links", [])]
        if "credentials" in values:
            values["credentials"] = Credentials(**values["credentials"])
        if "second_factor" in values:
            values["second_factor"] = BegunSecondFactor(**values["second_factor"])
        return cls(**values)

    def take_done(self) -> str:
        """Give the word for what was just done, which a page says once."""
        done, self.done = self.done, ""
        return done

    def hold_link(self, link: Link) -> None:
        """Hold a link as the newest, in the place of what was known of it; the oldest go."""
        self.drop_link(link)
        self.links = [*self.links, link][-MOST_LINKS:]

    def drop_link(self, link: Link) -> None:
        """Forget a link."""
        self.links = [
            each for each in self.links if (each.page, each.digest) != (link.page, link.digest)
        ]

    def forget_what_is_over(self, now: datetime) -> None:
        """Drop what has stood here for too long."""
        self.links = [
            each for each in self.links if datetime.fromisoformat(each.opened_at) + LINK_KEPT > now
        ]
        if self.credentials:
            given_at = datetime.fromisoformat(self.credentials.given_at)
            self.credentials = None if given_at + CREDENTIALS_KEPT <= now else self.credentials
        if self.second_factor:
            begun_at = datetime.fromisoformat(self.second_factor.begun_at)
            if begun_at + SECOND_FACTOR_KEPT <= now:
                self.second_factor = None


def state() -> State:
    """Give the state of the visitor who is answered now; what is changed goes into their
    cookies.
    """
    found: State = g.state
    return found


def role() -> str:
    """Give the role of who is logged in, the API's word; empty for everybody else."""
    login = state().login
    return login.role if login else ""
