"""People who are logged in."""

import pytest

from portal.tests.clients import come_as_client, come_as_therapist
from portal.tests.stub_gateway import StubGateway
from portal.tests.visitors import VisitorWithBrowser
from shared.testing.clocks import StandingClock


@pytest.fixture
def client(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> VisitorWithBrowser:
    come_as_client(visitor, stub, clock)
    return visitor


@pytest.fixture
def therapist(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> VisitorWithBrowser:
    come_as_therapist(visitor, stub, clock)
    return visitor
