"""What the gateway relies on, replayed through the app: see `shared/contracts/http`."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking_service.clients.payment_provider import NoPaymentProvider
from booking_service.parts import NAME
from booking_service.tests.factories import Door
from shared.testing.clocks import StandingClock
from shared.testing.exchanges import GivenSteps, Scenario, promised_scenarios, replay
from shared.testing.tokens import TokenMaker

LONGEST_LIMIT_MINUTES = 43_200


@pytest.fixture
def given_steps(app: Flask, door: Door, clock: StandingClock) -> GivenSteps:
    """Give what the scenarios presuppose beside this service's own HTTP API."""

    def therapist(practitioner_id: int) -> None:
        door.create_therapist(practitioner_id)

    def therapist_without_late_moves(practitioner_id: int) -> None:
        door.create_therapist(
            practitioner_id, settings={"hard_limit_minutes": LONGEST_LIMIT_MINUTES}
        )

    def days_go_by(days: int) -> None:
        clock.advance(days=days)

    def no_cards_are_taken() -> None:
        made = app.extensions["hearth"].parts
        made[NAME] = replace(made[NAME], payment_provider=NoPaymentProvider())

    return {
        "a therapist with free mornings": therapist,
        "a therapist who lets nobody move late": therapist_without_late_moves,
        "days go by": days_go_by,
        "no cards are taken": no_cards_are_taken,
    }


@pytest.mark.parametrize("scenario", promised_scenarios("booking_service"), ids=str)
def test_the_service_answers_as_the_gateway_relies_on(
    scenario: Scenario, client: FlaskClient, token_maker: TokenMaker, given_steps: GivenSteps
):
    assert replay(scenario, client, token_maker, given_steps) == []
