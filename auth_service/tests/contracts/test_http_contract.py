"""What the gateway relies on, replayed through the app: see `shared/contracts/http`."""

import pytest
from flask.testing import FlaskClient

from auth_service.tests.factories import Post
from shared.testing.exchanges import GivenSteps, Scenario, replay, scenarios_of
from shared.testing.tokens import TokenMaker


@pytest.fixture
def given_steps(post: Post) -> GivenSteps:
    """Give what the scenarios presuppose beside this service's own HTTP API."""

    def mailed_code(email: str, purpose: str) -> dict[str, str]:
        return {"code": post.code(email, purpose)}

    return {"a mailed code": mailed_code}


@pytest.mark.parametrize("scenario", scenarios_of("auth_service"), ids=str)
def test_the_service_answers_as_the_gateway_relies_on(
    scenario: Scenario, client: FlaskClient, token_maker: TokenMaker, given_steps: GivenSteps
):
    assert replay(scenario, client, token_maker, given_steps) == []
