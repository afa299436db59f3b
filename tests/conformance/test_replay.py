"""Every golden exchange, replayed through the whole platform."""

import pytest

from tests.conformance.exchanges import all_exchanges
from tests.conformance.replaying import replay
from tests.conformance.setup_steps import Stage
from tests.people import Place

EXCHANGES = all_exchanges()


@pytest.fixture(scope="session")
def stages() -> dict[str, Stage]:
    """What the exchanges of one platform share, by its URL."""
    return {}


@pytest.mark.parametrize("exchange", EXCHANGES, ids=[each.identifier for each in EXCHANGES])
def test_the_platform_answers_as_the_contract_says(exchange, place: Place, stages):
    stage = stages.setdefault(place.url, Stage(place=place))
    told = replay(exchange, stage)
    assert told == [], "\n".join([exchange.title, *told])
