"""Reading which calendars have changed, and what decides their free hours."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from booking_service.models.calendars import Calendar
from booking_service.models.claims import Claim
from booking_service.models.holds import Hold
from booking_service.models.practitioners import Practitioner
from booking_service.models.tables import is_among

# PostgreSQL numbers transactions when they begin and shows them when they end. Every one before
# `xmin` has ended, so whoever reads on from there misses none that ends late. Numbers from `xmax`
# on are of a database this one was restored from.
_NOW = {
    "postgresql": text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"),
    "sqlite": text("SELECT coalesce(max(changed_in), 0) + 1 FROM calendars"),
}
_CHANGES = {
    "postgresql": text(
        "SELECT practitioner_id, version, pg_snapshot_xmin(pg_current_snapshot())::text::bigint "
        "FROM calendars WHERE changed_in >= :since "
        "AND changed_in < pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    ),
    "sqlite": text(
        "SELECT practitioner_id, version, changed_in + 1 FROM calendars WHERE changed_in >= :since"
    ),
}
_PRACTITIONER_IDS = "practitioner_ids"
_RECORDS = (
    select(Practitioner, Calendar.version)
    .outerjoin(Calendar, Calendar.practitioner_id == Practitioner.id)
    .where(is_among(Practitioner.id, _PRACTITIONER_IDS))
)
_TAKEN = (
    select(
        Claim.practitioner_id,
        func.min(Claim.cell),
        func.max(Claim.cell),
        func.max(Claim.client_id),
        func.max(Hold.expires_at),
    )
    .outerjoin(Hold, Hold.id == Claim.hold_id)
    .where(
        is_among(Claim.practitioner_id, _PRACTITIONER_IDS),
        Claim.cell >= bindparam("first_cell"),
        Claim.cell < bindparam("end_cell"),
    )
    .group_by(Claim.practitioner_id, Claim.appointment_id, Claim.hold_id)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenCells:
    """The cells of one appointment or hold, `last` inside; a hold's count until it expires."""

    first: int
    last: int
    client_id: int
    expires_at: datetime | None


def position_of_changes(session: Session) -> int:
    """Give the position from which `changes_since` tells everything this snapshot does not show."""
    return int(session.execute(_NOW[session.get_bind().dialect.name]).scalar_one())


def changes_since(session: Session, position: int) -> tuple[Sequence[tuple[int, int]], int]:
    """Give practitioner and version of every calendar changed since a position, and the position
    to read on from. Some may be told again.
    """
    rows = session.execute(_CHANGES[session.get_bind().dialect.name], {"since": position}).all()
    following = max((row[2] for row in rows), default=position)
    return [(row[0], row[1]) for row in rows], max(following, position)


def records_with_versions(
    session: Session, practitioner_ids: Sequence[int]
) -> Sequence[tuple[Practitioner, int]]:
    """Give the records of some practitioners as they are now, whatever the session holds, and the
    versions of their calendars; 0 is one that nothing has moved yet.
    """
    rows = session.execute(
        _RECORDS,
        {"practitioner_ids": practitioner_ids},
        execution_options={"populate_existing": True},
    )
    return [(record, version or 0) for record, version in rows]


def taken_cells_of(
    session: Session, practitioner_ids: Sequence[int], cells: range
) -> Mapping[int, Sequence[TakenCells]]:
    """Give which cells are taken, by practitioner, one entry per appointment or hold, expired
    holds included.
    """
    found: dict[int, list[TakenCells]] = defaultdict(list)
    wanted = {
        "practitioner_ids": practitioner_ids,
        "first_cell": cells.start,
        "end_cell": cells.stop,
    }
    for owner, first, last, client_id, expires_at in session.execute(_TAKEN, wanted):
        found[owner].append(
            TakenCells(first=first, last=last, client_id=client_id, expires_at=expires_at)
        )
    return found
