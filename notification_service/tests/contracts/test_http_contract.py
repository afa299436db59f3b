"""What the gateway relies on, replayed through the app: see `shared/contracts/http`."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from notification_service.tests.factories import account, event
from shared.testing.exchanges import GivenSteps, Scenario, promised_scenarios, replay
from shared.testing.tokens import TokenMaker


@pytest.fixture
def given_steps(hear: Callable[..., None]) -> GivenSteps:
    """Give what the scenarios presuppose beside this service's own HTTP API."""

    def booked(client_id: int) -> None:
        hear(account(client_id), event("booking.appointment.booked.v1", client_id=client_id))

    return {"an appointment is booked": booked}


@pytest.mark.parametrize("scenario", promised_scenarios("notification_service"), ids=str)
def test_the_service_answers_as_the_gateway_relies_on(
    scenario: Scenario, client: FlaskClient, token_maker: TokenMaker, given_steps: GivenSteps
):
    assert replay(scenario, client, token_maker, given_steps) == []
