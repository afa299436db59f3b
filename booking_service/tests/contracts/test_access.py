"""Every cell of `access.yaml`, tried through HTTP, and the corpus of forged tokens."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking_service.tests.factories import EVERY_DAY, STAFF, Door, practitioner_body
from shared.clock import instant_text
from shared.testing.access_matrix import (
    PERSONS,
    ROLE_OF,
    Call,
    Cast,
    Prepare,
    Row,
    Stage,
    coverage_faults,
    read_table,
)
from shared.testing.clocks import StandingClock
from shared.testing.forged_tokens import forger_at_work, let_in
from shared.testing.tokens import TokenMaker

ROWS = read_table(Path(__file__).parent / "access.yaml")
PRACTITIONERS = "/api/v1/practitioners"
ONE_PRACTITIONER = f"{PRACTITIONERS}/{{practitioner_id}}"
WISHES = "/api/v1/matching-preferences/me"
HOLDS = "/api/v1/holds"
SELECTIONS = "/api/v1/selections"
APPOINTMENTS = "/api/v1/appointments"
ONE_APPOINTMENT = f"{APPOINTMENTS}/{{appointment_id}}"
RELATIONS = "/api/v1/care-relations"
CARDS = "/api/v1/payment-methods"
INTERNAL = "/internal/v1"
SCHEDULE = {"time_zone": "UTC", "weekly_hours": EVERY_DAY}
CARD = {
    "holder_name": "IRINA BELOVA",
    "number": "4111111111111111",
    "expiry": "12/28",
    "verification_code": "987",
}
OWN_WISHES = {
    "age": 44,
    "has_experience": False,
    "therapy_type": "individual",
    "topics": [3],
    "preferred_gender": "any",
    "time_preference": "any",
    "price_band": 0,
}
WHY = "I was not heard"


@pytest.fixture
def stage(client: FlaskClient, token_maker: TokenMaker, door: Door) -> Stage:
    numbers = count(1000)

    def make_cast() -> Cast:
        cast = Cast(ids={actor: next(numbers) for actor in PERSONS})
        for actor, account_id in cast.ids.items():
            if ROLE_OF[actor] == "therapist":
                door.create_therapist(account_id)
            else:
                door.accounts.add(account_id, "Irina", "Belova", ROLE_OF[actor])
        return cast

    return Stage(client=client, maker=token_maker, make_cast=make_cast)


class Circumstances:
    """Brings about what a row is tried on; hours are the next days' free ones."""

    def __init__(self, door: Door, clock: StandingClock) -> None:
        self.door = door
        self.clock = clock

    def hour(self, hour: int = 9, *, days: int = 1) -> str:
        day = self.clock.now().replace(hour=hour, minute=0, second=0, microsecond=0)
        return instant_text(day + timedelta(days=days))

    def in_care(self, cast: Cast) -> dict[str, Any]:
        """Let the owner leave the former therapist and book the assigned one."""
        self.with_former(cast)
        return self.door.create_appointment(cast.owner, cast.assigned, self.hour())

    def with_former(self, cast: Cast) -> dict[str, Any]:
        """Let the owner book the former therapist, and leave with a reason."""
        earlier = self.door.create_appointment(cast.owner, cast.former, self.hour(12))
        left = self.door.post(cast.owner, f"{RELATIONS}/current/end", {"more_reasons": WHY})
        assert left.status_code == 200, left.json
        return earlier

    def hold(self, cast: Cast) -> int:
        body = {"practitioner_id": cast.assigned, "starts_at": self.hour(10)}
        answer = self.door.post(cast.owner, HOLDS, body)
        assert answer.status_code == 201, answer.json
        return int(answer.json["id"])

    def card(self, cast: Cast) -> None:
        assert self.door.post(cast.owner, CARDS, CARD).status_code == 201

    def wishes(self, cast: Cast) -> None:
        assert self.door.put(cast.owner, WISHES, OWN_WISHES).status_code == 200

    def unlisted(self, cast: Cast) -> None:
        path = f"{PRACTITIONERS}/{cast.assigned}/publication"
        assert self.door.delete(STAFF, path).status_code == 200

    def seen(self, who: int, path: str) -> Callable[[], object]:
        return lambda: self.door.get(who, path).get_data()


def shows_id(number: int) -> Callable[[Any], bool]:
    return lambda body: number in [each["id"] for each in body["items"]]


@pytest.fixture
def prepares(door: Door, clock: StandingClock) -> dict[str, Prepare]:
    """Tell for each row what is called, on what was made for its cast."""
    made = Circumstances(door, clock)
    return {
        **_of_practitioners(made),
        **_of_clients(made),
        **_of_appointments(made),
        **_of_care_relations(made),
        **_internal(made),
    }


def _of_practitioners(made: Circumstances) -> dict[str, Prepare]:
    def record(
        path: str,
        body: object = None,
        shows: Callable[[Cast], Callable[[Any], bool]] | None = None,
        *,
        is_listed: bool = True,
        is_kept: bool = False,
    ) -> Prepare:
        def prepare(cast: Cast) -> Call:
            made.in_care(cast)
            if not is_listed:
                made.unlisted(cast)
            own = f"{PRACTITIONERS}/{cast.assigned}"
            state = made.seen(STAFF, f"{own}/schedule" if "schedule" in path else own)
            return Call(
                path=path.format(practitioner_id=cast.assigned),
                json=body,
                shows=None if shows is None else shows(cast),
                state=state if is_kept else None,
                headers={"If-Match": "*"},
            )

        return prepare

    def listed(cast: Cast) -> Callable[[Any], bool]:
        return shows_id(cast.assigned)

    def itself(cast: Cast) -> Callable[[Any], bool]:
        return lambda body: body["id"] == cast.assigned

    def of_owner(cast: Cast) -> Callable[[Any], bool]:
        return lambda body: [each["client_id"] for each in body["items"]] == [cast.owner]

    def hours(_cast: Cast) -> Callable[[Any], bool]:
        return lambda body: len(body["items"]) > 0

    unlisted = " | of one not listed"
    publication = f"{ONE_PRACTITIONER}/publication"
    schedule, slots = f"{ONE_PRACTITIONER}/schedule", f"{ONE_PRACTITIONER}/slots"
    new_hours = {**SCHEDULE, "weekly_hours": EVERY_DAY[:3]}
    new_record = practitioner_body(education="Another university")
    return {
        f"GET {PRACTITIONERS}": record(PRACTITIONERS, shows=listed),
        f"GET {PRACTITIONERS}{unlisted}": record(PRACTITIONERS, shows=listed, is_listed=False),
        f"GET {ONE_PRACTITIONER}": record(ONE_PRACTITIONER, shows=itself),
        f"GET {ONE_PRACTITIONER}{unlisted}": record(
            ONE_PRACTITIONER, shows=itself, is_listed=False
        ),
        f"PUT {ONE_PRACTITIONER}": record(ONE_PRACTITIONER, new_record, is_kept=True),
        f"PUT {publication}": record(publication, is_listed=False, is_kept=True),
        f"DELETE {publication}": record(publication, is_kept=True),
        f"GET {ONE_PRACTITIONER}/calendar": record(f"{ONE_PRACTITIONER}/calendar", shows=of_owner),
        f"GET {schedule}": record(
            schedule, shows=lambda _: lambda body: bool(body["weekly_hours"])
        ),
        f"PUT {schedule}": record(schedule, new_hours, is_kept=True),
        f"GET {slots}": record(slots, shows=hours),
        f"GET {slots}{unlisted}": record(slots, shows=hours, is_listed=False),
    }


def _of_clients(made: Circumstances) -> dict[str, Prepare]:
    """Give what belongs to one client alone: wishes, matches, holds, cards."""
    wishes_after = {**OWN_WISHES, "age": 45}

    def wished(body: object = None) -> Prepare:
        def prepare(cast: Cast) -> Call:
            made.wishes(cast)
            read = made.seen(cast.owner, WISHES)
            before = read()
            return Call(
                path=WISHES,
                json=body,
                shows=lambda found: found["age"] == 44 if body is None else read() != before,
                state=read,
            )

        return prepare

    def held(cast: Cast) -> Call:
        return Call(path=HOLDS, shows=shows_id(made.hold(cast)))

    def holding(cast: Cast) -> Call:
        body = {"practitioner_id": cast.assigned, "starts_at": made.hour(11)}
        read = made.seen(cast.owner, HOLDS)
        before = read()
        return Call(path=HOLDS, json=body, shows=lambda _: read() != before, state=read)

    def releasing(cast: Cast) -> Call:
        path = f"{HOLDS}/{made.hold(cast)}"
        return Call(path=path, state=made.seen(cast.owner, HOLDS))

    def carded(body: object = None) -> Prepare:
        def prepare(cast: Cast) -> Call:
            made.card(cast)
            read = made.seen(cast.owner, CARDS)
            before = read()
            return Call(
                path=CARDS,
                json=body,
                shows=lambda found: bool(found["items"]) if body is None else read() != before,
                state=read,
            )

        return prepare

    def uncarding(cast: Cast) -> Call:
        made.card(cast)
        return Call(path=CARDS, state=made.seen(cast.owner, CARDS))

    def matching(cast: Cast) -> Call:
        def shows(body: Any) -> bool:
            return cast.assigned in [each["practitioner"]["id"] for each in body["items"]]

        return Call(path="/api/v1/matches", shows=shows)

    return {
        f"GET {WISHES}": wished(),
        f"PUT {WISHES}": wished(wishes_after),
        "GET /api/v1/matches": matching,
        "GET /api/v1/code-lists": lambda _cast: Call(
            path="/api/v1/code-lists", shows=lambda body: len(body["topics"]) > 0
        ),
        f"GET {HOLDS}": held,
        f"POST {HOLDS}": holding,
        f"DELETE {HOLDS}/{{hold_id}}": releasing,
        f"GET {CARDS}": carded(),
        f"POST {CARDS}": carded({**CARD, "number": "5555555555554444"}),
        f"DELETE {CARDS}": uncarding,
    }


def _of_appointments(made: Circumstances) -> dict[str, Prepare]:
    def listing(query: str = "", *, is_former: bool = False) -> Prepare:
        def prepare(cast: Cast) -> Call:
            found = made.with_former(cast) if is_former else made.in_care(cast)
            path = f"{APPOINTMENTS}?when=all{query.format(owner=cast.owner)}"
            return Call(path=path, shows=shows_id(found["id"]))

        return prepare

    def booking(*, is_named: bool = False) -> Prepare:
        def prepare(cast: Cast) -> Call:
            made.in_care(cast)
            body = {"practitioner_id": cast.assigned, "starts_at": made.hour(10, days=2)}
            return Call(
                path=APPOINTMENTS,
                json={**body, "client_id": cast.owner} if is_named else body,
                shows=lambda found: found["client_id"] == cast.owner,
                state=made.seen(cast.owner, APPOINTMENTS),
            )

        return prepare

    def one(
        act: str = "",
        body: Callable[[], object] = lambda: None,
        *,
        is_former: bool = False,
        has_begun: bool = False,
    ) -> Prepare:
        def prepare(cast: Cast) -> Call:
            found = made.with_former(cast) if is_former else made.in_care(cast)
            if has_begun:
                made.clock.set(datetime.fromisoformat(found["starts_at"]) + timedelta(minutes=5))
            path = f"{APPOINTMENTS}/{found['id']}"
            return Call(
                path=path + act,
                json=body(),
                state=made.seen(cast.owner, f"{path}/history"),
            )

        return prepare

    def selecting(cast: Cast) -> Call:
        made.in_care(cast)
        return Call(
            path=SELECTIONS,
            json={"practitioner_id": cast.assigned, "starts_at": made.hour(10, days=2)},
            shows=lambda found: found["appointment"]["client_id"] == cast.owner,
            state=made.seen(cast.owner, APPOINTMENTS),
        )

    former = " | with the former therapist"
    cancellation = f"POST {ONE_APPOINTMENT}/cancellation"
    return {
        f"POST {SELECTIONS}": selecting,
        f"GET {APPOINTMENTS}": listing(),
        f"GET {APPOINTMENTS} | of the owner by name": listing("&client_id={owner}"),
        f"GET {APPOINTMENTS}{former}": listing(is_former=True),
        f"POST {APPOINTMENTS}": booking(),
        f"POST {APPOINTMENTS} | for the owner by name": booking(is_named=True),
        f"GET {ONE_APPOINTMENT}": one(),
        f"GET {ONE_APPOINTMENT}{former}": one(is_former=True),
        f"GET {ONE_APPOINTMENT}/history": one("/history"),
        cancellation: one("/cancellation", dict),
        f"{cancellation} | of a cancelled one with the former therapist": one(
            "/cancellation", dict, is_former=True
        ),
        f"POST {ONE_APPOINTMENT}/reschedule": one(
            "/reschedule", lambda: {"starts_at": made.hour(10, days=2)}
        ),
        f"POST {ONE_APPOINTMENT}/reschedule-tokens": one("/reschedule-tokens"),
        f"PUT {ONE_APPOINTMENT}/attendance": one(
            "/attendance", lambda: {"state": "arrived"}, has_begun=True
        ),
    }


def _of_care_relations(made: Circumstances) -> dict[str, Prepare]:
    def current(cast: Cast) -> Call:
        made.in_care(cast)

        def shows(body: Any) -> bool:
            return bool(body["practitioner"]) and body["practitioner"]["id"] == cast.assigned

        return Call(path=f"{RELATIONS}/current", shows=shows)

    def ending(cast: Cast) -> Call:
        made.in_care(cast)
        state = made.seen(cast.owner, f"{RELATIONS}?state=all")
        return Call(path=f"{RELATIONS}/current/end", json={}, state=state)

    def listing(state: str, therapist: str) -> Prepare:
        def prepare(cast: Cast) -> Call:
            made.in_care(cast)
            pair = (cast.owner, cast.ids[therapist])

            def shows(body: Any) -> bool:
                return pair in [
                    (each["client_id"], each["practitioner_id"]) for each in body["items"]
                ]

            return Call(path=f"{RELATIONS}?state={state}", shows=shows)

        return prepare

    def reasons(cast: Cast) -> Call:
        made.in_care(cast)
        return Call(path=f"{RELATIONS}?state=all", shows=lambda body: WHY in str(body))

    return {
        f"GET {RELATIONS}/current": current,
        f"POST {RELATIONS}/current/end": ending,
        f"GET {RELATIONS}": listing("active", "assigned"),
        f"GET {RELATIONS} | ended ones": listing("ended", "former"),
        f"GET {RELATIONS} | why one has ended": reasons,
    }


def _internal(made: Circumstances) -> dict[str, Prepare]:
    def relations(cast: Cast) -> Call:
        made.in_care(cast)
        path = f"{INTERNAL}/care-relations?client_id={cast.owner}"
        return Call(path=path, shows=lambda body: len(body["items"]) == 1)

    def record(cast: Cast) -> Call:
        made.unlisted(cast)
        path = f"{INTERNAL}/practitioners/{cast.assigned}"
        return Call(path=path, shows=lambda body: body["id"] == cast.assigned)

    def cards(cast: Cast) -> Call:
        made.card(cast)
        path = f"{INTERNAL}/payment-methods?account_id={cast.owner}"
        return Call(path=path, shows=lambda body: len(body["items"]) == 1)

    def reschedule(cast: Cast) -> Call:
        made.in_care(cast)
        return Call(
            path=f"{INTERNAL}/reschedule-tokens",
            json={"practitioner_id": cast.assigned, "days": 7},
            shows=lambda body: bool(body["token"]),
        )

    return {
        f"GET {INTERNAL}/care-relations": relations,
        f"GET {INTERNAL}/practitioners/{{practitioner_id}}": record,
        f"GET {INTERNAL}/payment-methods": cards,
        f"POST {INTERNAL}/reschedule-tokens": reschedule,
    }


@pytest.mark.parametrize("row", [row for row in ROWS if row.is_read], ids=str)
def test_everybody_reads_what_the_table_says(
    row: Row, stage: Stage, prepares: dict[str, Prepare]
) -> None:
    assert stage.faults(row, prepares[row.name]) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # each cell has a cast of its own
@pytest.mark.parametrize("row", [row for row in ROWS if not row.is_read], ids=str)
def test_everybody_does_what_the_table_says(
    row: Row, stage: Stage, prepares: dict[str, Prepare]
) -> None:
    assert stage.faults(row, prepares[row.name]) == []


def test_every_operation_has_a_row(app: Flask, prepares: dict[str, Prepare]) -> None:
    assert coverage_faults(app, ROWS, prepares) == []


def test_no_forged_token_is_let_in(client: FlaskClient, token_maker: TokenMaker) -> None:
    with forger_at_work(token_maker) as (forger, asked):
        good = {"Authorization": f"Bearer {forger.good()}"}
        assert client.get(APPOINTMENTS, headers=good).status_code == 200
        assert let_in(client, "GET", APPOINTMENTS, forger.tokens()) == []
    assert asked == []
