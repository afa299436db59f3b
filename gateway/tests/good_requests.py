"""One good request for every legacy row that a service answers: what the tests over the whole table
send.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.exchange import LegacyRequest, Surroundings, UploadedFile
from gateway.routes import LEGACY_ROWS, Row

ACCOUNT_ID = 5
SURROUNDINGS = Surroundings(
    now=datetime(2026, 7, 1, 10, 0, tzinfo=UTC),
    service_time_zone=ZoneInfo("Europe/Budapest"),
    public_url="https://hearth.example",
)
SERVED_ROWS: tuple[Row, ...] = tuple(row for row in LEGACY_ROWS if row.service is not None)
ROW_OF: Mapping[str, Row] = {row.number: row for row in LEGACY_ROWS}

_PERSON = {"email": "a@example.org", "user_name": "a", "first_name": "A", "last_name": "B"}
_HOUR = {"psy_id": 9, "psy_time_slots": {"Thu 2 July": 9}}


@dataclass(frozen=True, kw_only=True)
class GoodRequest:
    """What a row's client sends beside its token."""

    row: Row
    fields: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    picture: bytes | None = None

    @property
    def path(self) -> str:
        return self.row.path.replace("<id>", str(ACCOUNT_ID))

    @property
    def name(self) -> str:
        """Give the row's number, and what is special where a row has two requests."""
        return f"{self.row.number}-{'-'.join(self.fields) or 'nothing'}"

    def read(self) -> LegacyRequest:
        """Give the request as the row's translation receives it."""
        picture = UploadedFile(filename="p", media_type="", content=self.picture or b"")
        return LegacyRequest(
            method=self.row.methods[0],
            path=self.row.path,
            path_parameters={"id": str(ACCOUNT_ID)} if "<id>" in self.row.path else {},
            query=self.query,
            fields=self.fields,
            files={} if self.picture is None else {"picture": picture},
            token="a.b.c",
        )


def _of(number: str, *queries: Mapping[str, str], **fields: object) -> GoodRequest:
    return GoodRequest(row=ROW_OF[number], fields=fields, query=dict(*queries))


GOOD_REQUESTS: tuple[GoodRequest, ...] = (
    _of("W1", email="a@example.org", password="long enough", first_name="A", last_name="B"),
    _of("W2", email="a@example.org"),
    _of("W3", email="a@example.org", code="123456"),
    _of("W4", email="a@example.org", password="long enough"),
    _of("W5"),
    GoodRequest(row=ROW_OF["W6"], picture=b"\xff\xd8\xff"),
    _of("W7"),
    _of("W8"),
    _of("W9"),
    _of("W10", id=7),
    _of("W11"),
    _of("W12"),
    _of("W13", gender="F"),
    _of("W14", email="b@example.org"),
    _of("W15", old_password="long enough", new_password="longer than that"),
    _of("W16"),
    _of("W17", marketing_email=True),
    _of("W18", email="a@example.org"),
    _of("W19", email="a@example.org", code="123456"),
    _of("W20", email="a@example.org", code="123456", password="long enough"),
    _of("W21"),
    _of("W22", session_id=7),
    _of("W23", session_id=7, message="Well"),
    _of("W24", {"session_id": "7"}),
    _of("A1", **_PERSON, password="long enough", role="user"),
    _of("A2"),
    _of("A3", **_PERSON),
    _of("A4", existing_password="long enough", password="longer than that"),
    _of("A5", {"page": "1", "per_page": "10"}),
    _of("A6", email="a@example.org", password="long enough"),
    _of("A7"),
    _of("A8"),
    _of("M1", user_mail="a@example.org", password="long enough"),
    _of("M2", user_name="A", user_mail="a@example.org", password="long enough"),
    _of(
        "M3",
        user_age=30,
        user_experience=True,
        user_isindividual=True,
        user_sex_preference=2,
        user_time_preference=0,
        user_cash_preference=0,
    ),
    _of("M4"),
    _of("M5"),
    _of("M5", **_HOUR),
    _of("M6"),
    _of("M7", psy_id=9),
    _of("M7", **_HOUR),
    _of("M8", psy_id=9, text="Hello"),
    _of("M9", psy_id=9),
    _of(
        "M10",
        card_name="A B",
        card_number="4242 4242 4242 4242",
        card_exp="12/30",
        card_ccv="123",
    ),
    _of("M11"),
    _of("M12"),
    _of("MX"),
)
