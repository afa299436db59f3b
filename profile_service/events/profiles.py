"""What is announced about profiles."""

from profile_service.models.profiles import Profile
from shared.events.envelope import Event


def profile_changed(profile: Profile, *, locale: str) -> Event:
    """Say how a person wants to be spoken to: the whole present state."""
    return Event(
        type="profile.profile.changed.v1",
        subject=f"account/{profile.account_id}",
        data={
            "account_id": profile.account_id,
            "locale": locale,
            "country": profile.country,
            "time_zone": profile.time_zone,
            "version": profile.version,
        },
    )
