"""What several journeys share."""

import pytest

from tests.people import Place, Therapist, open_therapist


@pytest.fixture
def therapist(place: Place) -> Therapist:
    """A therapist published by staff, with free hours every day."""
    return open_therapist(place)
