"""Holds: keeping an hour for a few minutes while choosing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking_service.domain.appointments import refuse_own_hour, require_open_to
from booking_service.domain.calendars import lock_client, practitioner_for_update
from booking_service.domain.claims import claim_for_hold, make_way
from booking_service.domain.offers import offered_hour
from booking_service.errors import TooManyHolds
from booking_service.models.holds import Hold
from booking_service.queries.holds import hold_visible_to, standing_holds_of
from shared.access_tokens import Identity

HOLD_MINUTES = 5
MOST_HOLDS = 3


@dataclass(frozen=True, kw_only=True)
class HoldHour:
    """Keep an hour of a practitioner."""

    practitioner_id: int
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class HoldView:
    """A hold as it leaves the transaction."""

    id: int
    practitioner_id: int
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, hold: Hold) -> "HoldView":
        """Copy what may be shown."""
        return cls(
            id=hold.id,
            practitioner_id=hold.practitioner_id,
            starts_at=hold.starts_at,
            ends_at=hold.ends_at,
            expires_at=hold.expires_at,
        )


def hold_hour(session: Session, command: HoldHour, *, client: Identity, now: datetime) -> HoldView:
    """Keep one free hour for a client for five minutes; holding it again starts the time anew.

    Raises:
        PractitionerNotFound: nobody is listed under that id.
        HourAlreadyYours: the client has booked it.
        HourNotOffered: outside the schedule, too soon, too far away or past.
        TooManyHolds: the client holds three hours already.
        SlotTaken: an appointment or somebody else's hold has it.
    """
    practitioner = practitioner_for_update(session, command.practitioner_id)
    lock_client(session, client.account_id)
    require_open_to(session, practitioner, client.account_id)
    refuse_own_hour(session, practitioner.id, client.account_id, command.starts_at, now=now)
    hour = offered_hour(session, practitioner, command.starts_at, now=now)
    make_way(
        session,
        practitioner_id=practitioner.id,
        client_id=client.account_id,
        hour=hour,
        now=now,
    )
    if len(standing_holds_of(session, client.account_id, now)) >= MOST_HOLDS:
        raise TooManyHolds(maximum=MOST_HOLDS)
    hold = Hold(
        practitioner_id=practitioner.id,
        client_id=client.account_id,
        starts_at=hour.starts_at,
        ends_at=hour.ends_at,
        expires_at=now + timedelta(minutes=HOLD_MINUTES),
    )
    session.add(hold)
    session.flush()
    claim_for_hold(session, hold, hour)
    return HoldView.of(hold)


def release_hold(session: Session, hold_id: int, *, client: Identity, now: datetime) -> None:
    """Give a held hour back. Locks the practitioner's calendar, as whoever changes it does.

    Raises:
        HoldNotFound: unknown, somebody else's, or expired.
    """
    seen = hold_visible_to(session, client, hold_id, now)
    practitioner_for_update(session, seen.practitioner_id)
    session.delete(hold_visible_to(session, client, hold_id, now))
    session.flush()


def forget_expired_holds(session: Session, practitioner_id: int, now: datetime) -> None:
    """Delete a practitioner's expired holds, which count for nothing any more. Locks the
    practitioner's calendar.
    """
    practitioner_for_update(session, practitioner_id)
    session.execute(
        delete(Hold).where(Hold.practitioner_id == practitioner_id, Hold.expires_at <= now)
    )
