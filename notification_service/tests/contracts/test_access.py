"""Every cell of `access.yaml`, tried through HTTP, and the corpus of forged tokens."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from notification_service.tests.factories import account, event
from shared.testing.access_matrix import (
    PERSONS,
    Call,
    Cast,
    Prepare,
    Row,
    Stage,
    coverage_faults,
    read_table,
)
from shared.testing.forged_tokens import forger_at_work, let_in
from shared.testing.tokens import TokenMaker

ROWS = read_table(Path(__file__).parent / "access.yaml")
NOTIFICATIONS = "/api/v1/notifications"
SETTINGS = "/api/v1/notification-settings/me"


@pytest.fixture
def stage(client: FlaskClient, token_maker: TokenMaker) -> Stage:
    numbers = count(1000)
    return Stage(
        client=client,
        maker=token_maker,
        make_cast=lambda: Cast(ids={actor: next(numbers) for actor in PERSONS}),
    )


@pytest.fixture
def prepares(
    hear: Callable[..., None], client: FlaskClient, token_maker: TokenMaker
) -> dict[str, Prepare]:
    """Tell for each row what is called, on what was made for its cast."""

    def kept_by(cast: Cast, path: str) -> Callable[[], object]:
        """Read as the owner does what others must leave as it is."""
        headers = token_maker.headers(cast.owner)
        return lambda: client.get(path, headers=headers).get_json()

    def notified(cast: Cast) -> int:
        """Tell the owner, and nobody else of the cast, of three appointments; give an id."""
        numbers = iter(range(cast.owner * 10, cast.owner * 10 + 3))
        hear(account(cast.owner))
        for number in numbers:
            hear(
                event(
                    "booking.appointment.booked.v1",
                    appointment_id=number,
                    client_id=cast.owner,
                    practitioner_id=cast.owner + 10**6,
                )
            )
        headers = token_maker.headers(cast.owner)
        return client.get(NOTIFICATIONS, headers=headers).get_json()["items"][0]["id"]

    def wished(cast: Cast) -> None:
        headers = token_maker.headers(cast.owner)
        answer = client.patch(SETTINGS, json={"marketing_email": True}, headers=headers)
        assert answer.status_code == 200

    def listed(path: str) -> Prepare:
        def prepare(cast: Cast) -> Call:
            found = notified(cast)
            return Call(
                path=path,
                shows=lambda body: found in [each["id"] for each in body["items"]],
                state=kept_by(cast, NOTIFICATIONS),
            )

        return prepare

    def counted(cast: Cast) -> Call:
        notified(cast)
        return Call(path=f"{NOTIFICATIONS}/unread-count", shows=lambda body: body["count"] == 3)

    def settings(change: object) -> Prepare:
        def prepare(cast: Cast) -> Call:
            wished(cast)
            return Call(
                path=SETTINGS,
                json=change,
                shows=lambda body: body["marketing_email"],
                state=kept_by(cast, SETTINGS),
            )

        return prepare

    return {
        f"GET {NOTIFICATIONS}": listed(NOTIFICATIONS),
        f"POST {NOTIFICATIONS}/read": listed(f"{NOTIFICATIONS}/read"),
        f"GET {NOTIFICATIONS}/unread-count": counted,
        f"DELETE {NOTIFICATIONS}/{{notification_id}}": lambda cast: Call(
            path=f"{NOTIFICATIONS}/{notified(cast)}", state=kept_by(cast, NOTIFICATIONS)
        ),
        f"GET {SETTINGS}": settings(None),
        f"PATCH {SETTINGS}": settings({"results_notification": False}),
    }


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_gets_what_the_table_says(
    row: Row, stage: Stage, prepares: dict[str, Prepare]
) -> None:
    assert stage.faults(row, prepares[row.name]) == []


def test_every_operation_has_a_row(app: Flask, prepares: dict[str, Prepare]) -> None:
    assert coverage_faults(app, ROWS, prepares) == []


def test_no_forged_token_is_let_in(client: FlaskClient, token_maker: TokenMaker) -> None:
    with forger_at_work(token_maker) as (forger, asked):
        good = {"Authorization": f"Bearer {forger.good()}"}
        assert client.get(NOTIFICATIONS, headers=good).status_code == 200
        assert let_in(client, "GET", NOTIFICATIONS, forger.tokens()) == []
    assert asked == []


def test_a_wrong_cell_and_a_missing_row_are_told(
    app: Flask, stage: Stage, prepares: dict[str, Prepare]
) -> None:
    """The negative control: a checker that never failed proves nothing."""
    row = next(each for each in ROWS if each.operation.startswith("DELETE"))
    opened = replace(row, expected={**row.expected, "other": "ok", "owner": "404"})
    told = stage.faults(opened, prepares[row.name])
    assert [each.partition(",")[0] for each in told] == [
        "other: expected ok",
        "owner: expected 404",
    ]
    assert coverage_faults(app, [each for each in ROWS if each is not row], prepares) == [
        f"{row.operation}: no row",
        f"{row.operation}: no such row",
    ]
