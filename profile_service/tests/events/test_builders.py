"""What is announced of profiles and memberships fits its contract, whatever is left out."""

from profile_service.events.memberships import membership_started
from profile_service.events.profiles import profile_changed
from profile_service.models.profiles import Profile
from shared.testing.clocks import StandingClock
from shared.testing.contract_checks import events_off_contract


def test_every_builder_keeps_its_contract(clock: StandingClock):
    whole = Profile(account_id=17, country="HU", time_zone="Europe/Budapest", version=3)
    sparse = Profile(account_id=18, version=1)
    built = [
        profile_changed(whole, locale="en"),
        profile_changed(sparse, locale="ru"),
        membership_started(17, clock.now()),
    ]
    assert events_off_contract("profile_service", built) == []


def test_a_birth_date_is_nobodys_business(clock: StandingClock):
    profile = Profile(account_id=17, birth_date=clock.now().date(), gender="f", version=1)
    assert {"birth_date", "gender"}.isdisjoint(profile_changed(profile, locale="en").data)
