"""What the gateway relies on, replayed through the app: see `shared/contracts/http`."""

import pyotp
import pytest
from flask.testing import FlaskClient

from auth_service.tests.factories import Person, Post
from shared.testing.clocks import StandingClock
from shared.testing.exchanges import GivenSteps, Scenario, promised_scenarios, replay
from shared.testing.tokens import TokenMaker


@pytest.fixture
def given_steps(post: Post, client: FlaskClient, clock: StandingClock) -> GivenSteps:
    """Give what the scenarios presuppose beside this service's own HTTP API."""

    def mailed_code(email: str, purpose: str) -> dict[str, str]:
        return {"code": post.code(email, purpose)}

    def second_factor(email: str, password: str) -> dict[str, str]:
        headers = Person(client, post, email, password).headers()
        url = "/api/v1/accounts/me/second-factor"
        begun = client.post(url, json={"password": password}, headers=headers).get_json()
        code = {"code": pyotp.TOTP(begun["secret"]).at(clock.now())}
        assert client.post(f"{url}/confirmation", json=code, headers=headers).status_code == 200
        return {}

    return {"a mailed code": mailed_code, "a second factor": second_factor}


@pytest.mark.parametrize("scenario", promised_scenarios("auth_service"), ids=str)
def test_the_service_answers_as_the_gateway_relies_on(
    scenario: Scenario, client: FlaskClient, token_maker: TokenMaker, given_steps: GivenSteps
):
    assert replay(scenario, client, token_maker, given_steps) == []
