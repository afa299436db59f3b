"""What operators type about events, the same for every service and both brokers: list, replay and
drop dead ones, republish one's own.

An event is named by its id; a message in the quarantine by `q<number>`, as `events list --state
quarantined` shows it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Select, String, Update, cast, delete, func, literal, select, update
from sqlalchemy.orm import Session

from shared import strict_json
from shared.clock import SystemClock, instant_text
from shared.database import Database
from shared.events.catalogue import Catalogue, shipped_catalogue
from shared.events.inbox import DEAD, DONE, DROPPED, IGNORED, RECEIVED, receive
from shared.events.outbox import ask_again, count_wiped
from shared.events.tables import WIPED, inbox, outbox, quarantine
from shared.events.worker import is_alive

QUARANTINED = "quarantined"
PENDING = "pending"
RETURNED = "returned"
_INBOX_STATES = (DEAD, RECEIVED, IGNORED, DONE, DROPPED)
_STATES = (*_INBOX_STATES, QUARANTINED, PENDING, RETURNED)

_Since = click.DateTime(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])


def events_group(
    service: str,
    open_database: Callable[[], Database],
    catalogue: Callable[[], Catalogue] = shipped_catalogue,
) -> click.Group:
    """Make the group `events` of a service; the database is opened only when one of its commands
    runs.
    """
    group = click.Group("events", help="Look after events that came in or have not left.")
    group.add_command(_list_command(open_database))
    group.add_command(_replay_command(open_database))
    group.add_command(_drop_command(open_database))
    group.add_command(_republish_command(service, open_database, catalogue))
    return group


def worker_health_command(heartbeat_file: Callable[[], Path]) -> click.Command:
    """Make the command `worker-health`: exit code 0 when a worker shows life, 1 when none does."""

    @click.command("worker-health", help="Tell whether this host's worker of the service lives.")
    def worker_health() -> None:
        if not is_alive(heartbeat_file()):
            raise click.ClickException("the worker shows no life")
        click.echo("alive")

    return worker_health


def _list_command(open_database: Callable[[], Database]) -> click.Command:
    @click.command("list", help="List events as JSON lines, oldest first. Content is never shown.")
    @click.option("--state", type=click.Choice(_STATES), default=DEAD, show_default=True)
    @click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
    def list_events(state: str, limit: int) -> None:
        statement = _listing(state).limit(limit)
        rows = open_database().reading(lambda session: session.execute(statement).mappings().all())
        for row in rows:
            click.echo(strict_json.dumps({str(key): _shown(value) for key, value in row.items()}))

    return list_events


def _replay_command(open_database: Callable[[], Database]) -> click.Command:
    @click.command(
        "replay", help="Handle a dead, ignored or quarantined event again, or all dead ones."
    )
    @click.argument("event_id", required=False)
    @click.option("--all", "is_all", is_flag=True, help="Every dead event.")
    def replay(event_id: str | None, is_all: bool) -> None:
        if (event_id is None) == (not is_all):
            raise click.UsageError("name one event, or say --all")
        database = open_database()
        if (number := _quarantine_number(event_id)) is not None:
            _report(_replay_quarantined(database, number), "replayed")
            return
        _report(_changed(database, _reopening(event_id)), "replayed")

    return replay


def _drop_command(open_database: Callable[[], Database]) -> click.Command:
    @click.command(
        "drop",
        help="Give up an event: a dead or waiting one, one in quarantine, one the broker returns.",
    )
    @click.argument("event_id")
    def drop(event_id: str) -> None:
        database = open_database()
        if (number := _quarantine_number(event_id)) is not None:
            _report(database.writing(lambda session: _delete_quarantined(session, number)), DROPPED)
            return
        count = _changed(database, _dropping_incoming(event_id))
        _report(count or _changed(database, _dropping_outgoing(event_id)), DROPPED)

    return drop


def _republish_command(
    service: str, open_database: Callable[[], Database], catalogue: Callable[[], Catalogue]
) -> click.Command:
    @click.command("republish", help="Send this service's events of a type once more.")
    @click.option("--type", "event_type", required=True)
    @click.option("--since", type=_Since, required=True, help="An instant in UTC.")
    def republish(event_type: str, since: datetime) -> None:
        own = catalogue().said_by(service)
        if event_type not in own:
            message = f"{service} says no events of this type; its types: {', '.join(sorted(own))}"
            raise click.BadParameter(message, param_hint="'--type'")
        moment = since.replace(tzinfo=UTC)

        def ask(session: Session) -> tuple[int, int]:
            wiped = count_wiped(session, event_type=event_type, since=moment)
            return ask_again(session, event_type=event_type, since=moment), wiped

        count, wiped = open_database().writing(ask)
        click.echo(f"{count} events will be published again")
        if wiped:
            click.echo(
                f"{wiped} older ones hold no contact data any more and stay; the producer announces"
                " its present state instead (auth_service: announce-accounts)",
                err=True,
            )

    return republish


def _listing(state: str) -> Select[Any]:
    if state == QUARANTINED:
        return select(
            (literal("q") + cast(quarantine.c.id, String)).label("id"),
            quarantine.c.received_at,
            func.length(quarantine.c.body).label("bytes"),
            quarantine.c.reason,
        ).order_by(quarantine.c.id)
    if state in {PENDING, RETURNED}:
        is_returned = outbox.c.retry_at.is_not(None)
        return (
            select(
                outbox.c.event_id.label("id"),
                outbox.c.type,
                outbox.c.subject,
                outbox.c.occurred_at,
                outbox.c.attempts,
                outbox.c.retry_at,
                outbox.c.problem,
            )
            .where(
                outbox.c.published_at.is_(None),
                is_returned if state == RETURNED else ~is_returned,
            )
            .order_by(outbox.c.sequence)
        )
    return (
        select(
            inbox.c.event_id.label("id"),
            inbox.c.type,
            inbox.c.source,
            inbox.c.subject,
            inbox.c.received_at,
            inbox.c.attempts,
            inbox.c.retry_at,
            inbox.c.problem,
        )
        .where(inbox.c.state == state)
        .order_by(inbox.c.position)
    )


def _shown(value: object) -> object:
    return instant_text(value) if isinstance(value, datetime) else value


def _quarantine_number(event_id: str | None) -> int | None:
    if event_id is not None and event_id.startswith("q") and event_id[1:].isascii():
        return int(event_id[1:]) if event_id[1:].isdigit() else None
    return None


def _reopening(event_id: str | None) -> Update:
    statement = update(inbox).values(
        state=RECEIVED, finished_at=None, attempts=0, retry_at=None, problem=None
    )
    if event_id is None:
        return statement.where(inbox.c.state == DEAD)
    return statement.where(
        inbox.c.event_id == event_id,
        inbox.c.state.in_((DEAD, IGNORED, DROPPED, RECEIVED)),
        inbox.c.envelope != WIPED,
    )


def _dropping_incoming(event_id: str) -> Update:
    return (
        update(inbox)
        .where(inbox.c.event_id == event_id, inbox.c.state.in_((DEAD, RECEIVED)))
        .values(state=DROPPED, finished_at=SystemClock().now(), retry_at=None)
    )


def _dropping_outgoing(event_id: str) -> Update:
    return (
        update(outbox)
        .where(
            outbox.c.event_id == event_id,
            outbox.c.published_at.is_(None),
            outbox.c.retry_at.is_not(None),
        )
        .values(published_at=SystemClock().now(), retry_at=None)
    )


def _changed(database: Database, statement: Update) -> int:
    key: Sequence[Any] = list(statement.table.primary_key.columns)  # type: ignore[attr-defined]
    returning = statement.returning(*key)
    return database.writing(lambda session: len(session.execute(returning).all()))


def _replay_quarantined(database: Database, number: int) -> int:
    """Read the message again, with today's reader; it leaves the quarantine only when it can be
    read.
    """
    wanted = select(quarantine.c.body).where(quarantine.c.id == number)
    body = database.reading(lambda session: session.execute(wanted).scalar_one_or_none())
    if body is None:
        return 0
    if not receive(database, [body], SystemClock()):
        raise click.ClickException("it still cannot be read, or is in the inbox already")
    return database.writing(lambda session: _delete_quarantined(session, number))


def _delete_quarantined(session: Session, number: int) -> int:
    gone = delete(quarantine).where(quarantine.c.id == number).returning(quarantine.c.id)
    return len(session.execute(gone).all())


def _report(count: int, done: str) -> None:
    if not count:
        raise click.ClickException("there is no such event in a state that allows this")
    click.echo(f"{count} {done}")
