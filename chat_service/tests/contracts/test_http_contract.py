"""What the gateway relies on, replayed through the app: see `shared/contracts/http`."""

import pytest
from flask.testing import FlaskClient

from chat_service.tests.factories import Caller, KnownCareRelations
from shared.testing.exchanges import GivenSteps, Scenario, promised_scenarios, replay
from shared.testing.tokens import TokenMaker


@pytest.fixture
def given_steps(person: Caller, care: KnownCareRelations) -> GivenSteps:
    """Give what the scenarios presuppose beside this service's own HTTP API."""

    def care_relation(client_id: int, practitioner_id: int) -> None:
        care.pairs.add((client_id, practitioner_id))

    def completed(account_id: int, session_id: int) -> None:
        caller = person.beside(account_id)
        while not (first := caller.sessions()[0])["is_completed"]:
            text = f"Answer {first['answered_questions']}"
            assert caller.answer(session_id, text).status_code == 201

    def too_long() -> dict[str, str]:
        return {"text": "x" * 4001}

    return {
        "a care relation": care_relation,
        "the stage is completed": completed,
        "a text that is too long": too_long,
    }


@pytest.mark.parametrize("scenario", promised_scenarios("chat_service"), ids=str)
def test_the_service_answers_as_the_gateway_relies_on(
    scenario: Scenario, client: FlaskClient, token_maker: TokenMaker, given_steps: GivenSteps
):
    assert replay(scenario, client, token_maker, given_steps) == []
