"""What the gateway relies on, replayed through the app: see `shared/contracts/http`."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from profile_service.settings import Settings
from profile_service.tests.factories import Siblings
from shared.testing.exchanges import GivenSteps, Scenario, promised_scenarios, replay
from shared.testing.tokens import TokenMaker


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Want a card for a membership, so that its refusal is seen, too."""
    return replace(settings, is_card_required=True)


@pytest.fixture
def given_steps(siblings: Siblings) -> GivenSteps:
    """Give what the scenarios presuppose beside this service's own HTTP API."""

    def card_on_file(account_id: int) -> None:
        siblings.booking.cards.add(account_id)

    def nobody_has(account_id: int) -> None:
        siblings.accounts.unknown.add(account_id)

    return {"a card on file": card_on_file, "nobody has the account": nobody_has}


@pytest.mark.parametrize("scenario", promised_scenarios("profile_service"), ids=str)
def test_the_service_answers_as_the_gateway_relies_on(
    scenario: Scenario, client: FlaskClient, token_maker: TokenMaker, given_steps: GivenSteps
):
    assert replay(scenario, client, token_maker, given_steps) == []
