"""Siblings that answer as told, events other services announce, pictures, the outbox."""

from dataclasses import replace
from io import BytesIO
from itertools import count
from typing import Any

from PIL import Image
from sqlalchemy import select

from profile_service.domain.accounts import Account
from shared import strict_json
from shared.database import Database
from shared.errors import Unavailable
from shared.events.catalogue import shipped_example
from shared.events.envelope import Envelope, new_event_id
from shared.events.tables import outbox

_sequences = count(1000)


def account_facts(account_id: int, **changes: Any) -> Account:
    """Give an account as auth_service would."""
    values: dict[str, Any] = {
        "version": 1,
        "email": f"person{account_id}@example.org",
        "first_name": "Anna",
        "last_name": "Kovács",
        "role": "client",
        "locale": "en",
        "is_verified": True,
    }
    return Account(account_id=account_id, **{**values, **changes})


class AskedAccounts:
    """auth_service, as it is told: knows every account but those named, or is down."""

    def __init__(self) -> None:
        self.unknown: set[int] = set()
        self.known: dict[int, Account] = {}
        self.is_down = False
        self.asked: list[int] = []

    def find(self, account_id: int) -> Account | None:
        self.asked.append(account_id)
        if self.is_down:
            raise Unavailable
        if account_id in self.unknown:
            return None
        return self.known.get(account_id) or account_facts(account_id)


class AskedBooking:
    """booking_service, as it is told."""

    def __init__(self) -> None:
        self.relations: set[tuple[int, int]] = set()
        self.listed: set[int] = set()
        self.cards: set[int] = set()
        self.is_down = False

    def _answer(self, found: bool) -> bool:
        if self.is_down:
            raise Unavailable
        return found

    def has_care_relation(self, *, client_id: int, practitioner_id: int) -> bool:
        return self._answer((client_id, practitioner_id) in self.relations)

    def is_listed(self, practitioner_id: int) -> bool:
        return self._answer(practitioner_id in self.listed)

    def has_card(self, account_id: int) -> bool:
        return self._answer(account_id in self.cards)


class Siblings:
    """The two services that are asked."""

    def __init__(self) -> None:
        self.accounts = AskedAccounts()
        self.booking = AskedBooking()

    def all_down(self) -> None:
        for sibling in (self.accounts, self.booking):
            sibling.is_down = True


def event(event_type: str, **changes: Any) -> Envelope:
    """Give the shipped example of a type under a new id and a later sequence, with other data where
    wanted.
    """
    example = shipped_example(event_type)
    data = {**example.data, **changes}
    kind = example.subject.partition("/")[0]
    key = {"account": "account_id", "client": "client_id", "practitioner": "practitioner_id"}[kind]
    return replace(
        example, id=new_event_id(), sequence=next(_sequences), data=data,
        subject=f"{kind}/{data[key]}",
    )  # fmt: skip


def announced(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """Read what this service announced, oldest first."""
    rows = database.reading(
        lambda session: session.execute(select(outbox).order_by(outbox.c.sequence)).all()
    )
    return [(row.type, strict_json.loads(row.data.encode())) for row in rows]


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: Any
) -> bytes:
    """Draw a picture: red above, blue below."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (0, size[1] // 2, size[0], size[1]))
    written = BytesIO()
    image.convert(mode).save(written, kind, **options)
    return written.getvalue()
