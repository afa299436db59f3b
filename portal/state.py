"""What the portal remembers of a visitor between two pages; it stands in their cookies alone."""

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from flask import g

LINK_KEPT = timedelta(hours=1)
CREDENTIALS_KEPT = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Login:
    """The tokens of a login session; `expires_at` is the access token's end, UTC."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: str


@dataclass(frozen=True, kw_only=True)
class Link:
    """The token of a mailed link that was opened and not used yet, and the page it is for."""

    page: str
    token: str = field(repr=False)
    opened_at: str


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """An address and a password that were right; a second factor is asked for."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    given_at: str


@dataclass(kw_only=True)
class State:
    """All of it. `form_key` is what forms must carry; `done` names the page whose act is done."""

    form_key: str = field(default="", repr=False)
    language: str = ""
    done: str = ""
    login: Login | None = None
    link: Link | None = None
    credentials: Credentials | None = None

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
        for name, kind in (("link", Link), ("credentials", Credentials)):
            if name in values:
                values[name] = kind(**values[name])
        return cls(**values)

    def forget_what_is_over(self, now: datetime) -> None:
        """Drop a link or credentials that have stood here for too long."""
        if self.link and datetime.fromisoformat(self.link.opened_at) + LINK_KEPT <= now:
            self.link = None
        if self.credentials:
            given_at = datetime.fromisoformat(self.credentials.given_at)
            self.credentials = None if given_at + CREDENTIALS_KEPT <= now else self.credentials


def state() -> State:
    """Give the state of the visitor who is answered now; what is changed goes into their
    cookies.
    """
    found: State = g.state
    return found
