"""`python -m tests.benchmarks.reads [sqlite|postgresql …]`: each list at a thousand rows and at a
million (ten million notifications) in one run, with the ratio; therapists' lists at 20 and 2,000
therapists. The plans of PostgreSQL at many rows go to docs/operations/query_plans, a drawing of
each service's growth to docs/operations/growth.

Rows are written by SQL, the lists are asked of the services' applications in this process.
"""

import importlib
import itertools
import json
import logging
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import structlog
from sqlalchemy import text

from chat_service.models.data_keys import CONVERSATION, master_keys
from shared.clock import SystemClock
from shared.data_keys import data_key_for_writing
from shared.database import Database
from shared.gunicorn import set_aside_what_is_there
from shared.migrations import migrate
from shared.testing.plugin import POSTGRESQL_URL, is_reachable
from shared.testing.tokens import INTERNAL_KEY, TokenMaker, service_environment
from tests.benchmarks.peers import installed
from tests.benchmarks.plans import explained, heard

FEW, MANY = 1_000, 1_000_000
SAMPLES = 25
STAFF, CLIENT, THERAPIST = 1, 5000, 500
LAST_PAGE = "LAST"
GROWTH = Path(__file__).parent / "growth"
PLANS = Path("docs/operations/query_plans")

_NOW = "2026-01-01 00:00:00.000000"
_PRACTITIONER = {
    "id": "500 + n", "account_name": "'Anna'", "information": "'\"\"'", "education": "'\"\"'",
    "therapy_types": "',individual,'", "methods": "',2,'", "topics": "',3,'",
    "languages": "',ru,en,'", "gender": "'woman'", "session_minutes": "40 + n % 5 * 5",
    "price_minor_units": "1000000", "currency": "'HUF'", "time_zone": "'Europe/Budapest'",
    "is_published": "true", "minimum_notice_minutes": "120", "free_cancellation_minutes": "720",
    "booking_window_days": "60", "buffer_minutes": "10", "maximum_coming_per_client": "3",
    "created_at": f"'{_NOW}'", "version": "1",
}  # fmt: skip
_WEEKLY_HOURS = {
    "practitioner_id": "500 + (n - 1) / 7 + 1", "weekday": "(n - 1) % 7",
    "starts_minute": "480 + (n / 7) % 24 * 5", "ends_minute": "960 + (n / 7) % 36 * 10",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Read:
    """One list of a service: who asks, what, and which rows it is about, column by column as SQL
    of `n`, the number of the row. `times` is how many rows of a table there are for each counted.
    `wishes` is what the client has said before they look for a therapist.
    """

    service: str
    path: str
    who: int
    role: str
    rows: Sequence[tuple[str, int, Mapping[str, str]]]
    few: int = FEW
    many: int = MANY
    wishes: Mapping[str, object] | None = None


_ACCOUNTS = [
    (
        "accounts", 1,
        {
            "id": "n", "email": "'p' || n || '@example.com'", "user_name": "'p' || n",
            "user_name_key": "'p' || n", "first_name": "'Anna'", "last_name": "'P' || n",
            "name_key": "'anna p' || n", "reversed_name_key": "'p' || n || ' anna'",
            "role": "CASE WHEN n = 2 THEN 'moderator' ELSE 'client' END",
            "locked_at": "CASE WHEN n = 3 THEN {instant} END",
            "locale": "'en'", "password_hash": "''",
            "password_changed_at": f"'{_NOW}'", "must_change_password": "false",
            "is_contested": "false", "created_at": f"'{_NOW}'", "version": "1",
        },
    ),
]  # fmt: skip
_APPOINTMENTS = [
    ("practitioners", 0, _PRACTITIONER),
    (
        "appointments", 1,
        {
            "practitioner_id": "501", "client_id": "4999 + n", "starts_at": "{instant}",
            "ends_at": "{instant}", "state": "'booked'", "price_minor_units": "1",
            "currency": "'HUF'", "free_cancellation_minutes": "720", "is_late_change": "false",
            "sequence": "0", "created_at": f"'{_NOW}'", "version": "1",
        },
    ),
]  # fmt: skip
_NOTIFICATIONS = [
    (
        "notifications", 1,
        {
            "recipient_id": str(CLIENT), "event_id": "'e' || n", "kind": "'stage_completed'",
            "parameters": "'{{}}'", "created_at": "{instant}",
        },
    ),
]  # fmt: skip
_MESSAGES = [
    (
        "conversations", 0,
        {
            "id": "1", "client_id": str(CLIENT), "practitioner_id": str(THERAPIST),
            "last_position": str(MANY), "client_read_position": "0",
            "practitioner_read_position": "0", "created_at": f"'{_NOW}'",
        },
    ),
    (
        "messages", 1,
        {
            "conversation_id": "1", "position": "n", "sender_id": str(CLIENT),
            "sent_at": "{instant}", "deleted_at": "{instant}",
        },
    ),
]  # fmt: skip
_THERAPISTS = [("practitioners", 1, _PRACTITIONER), ("weekly_hours", 7, _WEEKLY_HOURS)]
_ANY_HOUR = {
    "age": 30, "has_experience": False, "therapy_type": "individual", "topics": [3],
    "preferred_gender": "any", "time_preference": "any", "price_band": 0, "language": "en",
}  # fmt: skip
_WISHES: Sequence[Mapping[str, object] | None] = (
    None,
    _ANY_HOUR,
    {**_ANY_HOUR, "time_preference": "nearest"},
    {**_ANY_HOUR, "time_preference": "specific", "preferred_hour": 10},
    {**_ANY_HOUR, "time_preference": "specific", "preferred_hour": 3},  # nobody works then
)
READS = (
    Read(service="auth", path="/api/v1/accounts", who=STAFF, role="admin", rows=_ACCOUNTS),
    Read(
        service="auth", path=f"/internal/v1/accounts/pages?page={LAST_PAGE}&per_page=20", who=STAFF,
        role="admin", rows=_ACCOUNTS,
    ),
    *(
        Read(
            service="auth", path=f"/api/v1/accounts?{narrowed}", who=STAFF, role="admin",
            rows=_ACCOUNTS,
        )
        for narrowed in (
            "cursor=NTAw", "role=moderator", "role=client", "locked=true", "name=anna%20p3",
            "name=p3", "email=p3@example.com",
        )
    ),
    Read(service="auth", path="/api/v1/accounts", who=CLIENT, role="client", rows=_ACCOUNTS),
    Read(
        service="notification", path="/api/v1/notifications", who=CLIENT, role="client",
        rows=_NOTIFICATIONS, many=10_000_000,
    ),
    Read(
        service="notification", path="/api/v1/notifications/unread-count", who=CLIENT,
        role="client", rows=_NOTIFICATIONS, many=10_000_000,
    ),
    Read(
        service="chat", path="/api/v1/conversations/1/messages", who=CLIENT, role="client",
        rows=_MESSAGES,
    ),
    Read(
        service="chat", path="/api/v1/conversations/1/messages?cursor=MTAw", who=CLIENT,
        role="client", rows=_MESSAGES,
    ),
    Read(
        service="booking", path="/api/v1/appointments", who=STAFF, role="admin",
        rows=_APPOINTMENTS,
    ),
    Read(
        service="booking", path="/api/v1/appointments?when=all", who=STAFF, role="admin",
        rows=_APPOINTMENTS,
    ),
    Read(
        service="booking", path="/api/v1/appointments?when=all", who=CLIENT, role="client",
        rows=_APPOINTMENTS,
    ),
    Read(
        service="booking", path="/api/v1/appointments?when=kept", who=STAFF, role="admin",
        rows=_APPOINTMENTS,
    ),
    Read(
        service="booking", path="/api/v1/practitioners", who=CLIENT, role="client",
        rows=_THERAPISTS, few=20, many=2_000,
    ),
    Read(  # nobody has this topic
        service="booking", path="/api/v1/practitioners?topic=9", who=CLIENT, role="client",
        rows=_THERAPISTS, few=20, many=2_000,
    ),
    *(
        Read(
            service="booking", path="/api/v1/matches", who=CLIENT, role="client",
            rows=_THERAPISTS, few=20, many=2_000, wishes=each,
        )
        for each in _WISHES
    ),
    Read(
        service="booking", path="/api/v1/practitioners/501/slots", who=CLIENT, role="client",
        rows=_THERAPISTS, few=20, many=2_000,
    ),
)  # fmt: skip


def database_at(kind: str, folder: Path, stack: ExitStack) -> Database:
    """Make an empty database that goes when the stack does."""
    name = f"hearth_bench_{uuid.uuid4().hex[:10]}"
    if kind == "sqlite":
        return Database(f"sqlite:///{folder / name}.sqlite3")
    with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')

    def drop() -> None:
        with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    stack.callback(drop)
    return Database(urlsplit(POSTGRESQL_URL)._replace(path=f"/{name}").geturl())


def fill(database: Database, read: Read, count: int) -> None:
    """Write the rows in one statement for each table, and let the planner know of them."""
    instant = (
        f"datetime('{_NOW}', n || ' minutes')"
        if database.is_sqlite
        else f"timestamptz '{_NOW}' + n * interval '1 minute'"
    )
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET statement_timeout = 0"))
        for table, times, columns in read.rows:
            values = ", ".join(each.format(instant=instant) for each in columns.values())
            last = count * times or 1
            numbers = f"generate_series(1, {last}) AS numbers(n)"
            if database.is_sqlite:
                more = f"SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}"  # noqa: S608 - our own words
                numbers = f"(WITH RECURSIVE numbers(n) AS ({more}) SELECT n FROM numbers)"  # noqa: S608 - our own words
            connection.execute(
                text(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {numbers}")  # noqa: S608 - our own words
            )
        connection.commit()
        if not database.is_sqlite:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                text("VACUUM ANALYZE")
            )


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A service's database with its rows, and what an application on it needs."""

    service: str
    count: int
    database: Database
    settings: object
    maker: TokenMaker

    @contextmanager
    def asking(self, read: Read) -> Iterator[tuple[Callable[[], float], Database]]:
        """Give what asks once and tells the milliseconds, and the database the application asks."""
        create_app = importlib.import_module(f"{self.service}_service.app").create_app
        headers = {**self.maker.headers(read.who, read.role), "X-Internal-Key": INTERNAL_KEY}
        path = read.path.replace(LAST_PAGE, str(max(1, self.count // 20)))
        with ExitStack() as stack:
            if read.wishes is not None:
                wishing = create_app(self.settings)
                stack.callback(wishing.extensions["hearth"].database.dispose)
                wishes = "/api/v1/matching-preferences/me"
                answer = wishing.test_client().put(wishes, json=read.wishes, headers=headers)
                assert answer.status_code == 200, answer.json
            app = create_app(self.settings)
            database = app.extensions["hearth"].database
            stack.callback(database.dispose)
            client = app.test_client()
            set_aside_what_is_there()  # as the web server's processes do

            def ask() -> float:
                began = time.perf_counter()
                answer = client.get(path, headers=headers)
                milliseconds = (time.perf_counter() - began) * 1000
                assert answer.status_code == 200, answer.json
                return milliseconds

            yield ask, database


@contextmanager
def filled(kind: str, read: Read, count: int) -> Iterator[Filled]:
    """Give a database with so many rows of what a read is about."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearth-bench-")))
        package, maker = f"{read.service}_service", TokenMaker()
        database = database_at(kind, folder, stack)
        stack.callback(database.dispose)
        migrate(package, database)
        fill(database, read, count)
        settings = importlib.import_module(f"{package}.settings").Settings.from_env(
            service_environment(read.service, database.url, folder, maker)
        )
        if read.service == "chat":
            masters, now = master_keys(settings.text_master_key), SystemClock().now()
            database.writing(
                lambda session: data_key_for_writing(session, masters, CONVERSATION, 1, now=now)
            )
        yield Filled(
            service=read.service, count=count, database=database, settings=settings, maker=maker
        )


def measured(kind: str, reads: Sequence[Read]) -> Iterator[dict[str, object]]:
    """Compare lists of the same rows at few and at many of them, asked in turn so that both meet
    the same machine; keep the plans of many.
    """
    with ExitStack() as stack:
        counts = {"few": reads[0].few, "many": reads[0].many}
        rows = {
            name: stack.enter_context(filled(kind, reads[0], count))
            for name, count in counts.items()
        }
        for read in reads:
            yield _compared(kind, read, rows)


def _compared(kind: str, read: Read, rows: Mapping[str, Filled]) -> dict[str, object]:
    times: dict[str, list[float]] = {name: [] for name in rows}
    with ExitStack() as stack:
        asking = {name: stack.enter_context(each.asking(read)) for name, each in rows.items()}
        for _ in range(SAMPLES):
            for name, (ask, _) in asking.items():
                times[name].append(ask())
        if kind == "postgresql":
            ask, database = asking["many"]
            with heard(database.engine) as statements:
                ask()
            keep(read, explained(database, statements))
    medians = {name: statistics.median(found[1:]) for name, found in times.items()}
    ends = {
        name: {
            "rows": rows[name].count,
            "ms": round(medians[name], 2),
            "first_ms": round(found[0], 1),
        }
        for name, found in times.items()
    }
    ratio = round(medians["many"] / medians["few"], 2)
    return {"service": read.service, "read": named(read), **ends, "ratio": ratio}


def named(read: Read) -> str:
    """Say what a read is in one line."""
    said = f"{read.path} ({read.role})"
    if read.wishes is None:
        return said
    wishes = (read.wishes.get(each) for each in ("time_preference", "preferred_hour"))
    return f"{said} {' '.join(str(each) for each in wishes if each is not None)}"


def keep(read: Read, plans: str) -> None:
    """Write the plans of a read to the page it has in the documentation."""
    PLANS.mkdir(exist_ok=True)
    name = re.sub(r"[^a-z0-9=]+", "_", f"{read.service} {named(read)}".lower()).strip("_")
    path = PLANS / f"{name}.txt"
    path.write_text(f"{named(read)}, {read.many} rows\n\n{plans}", encoding="utf-8")


def draw(lines: Sequence[str]) -> None:
    """Draw what was found, in the environment that has what draws."""
    command = [installed(GROWTH), str(GROWTH / "plot.py"), "docs/operations/growth"]
    subprocess.run(command, input="\n".join(lines), text=True, check=True)


def main() -> None:
    """Measure on the databases named on the command line, or on both."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.disable(logging.WARNING)
    kinds = sys.argv[1:] or ["sqlite", "postgresql"]
    if "postgresql" in kinds and not is_reachable(POSTGRESQL_URL):
        print("PostgreSQL cannot be reached: SQLite only", file=sys.stderr)
        kinds.remove("postgresql")
    lines = []
    for kind in kinds:
        for _, group in itertools.groupby(READS, key=lambda read: (id(read.rows), read.many)):
            for result in measured(kind, tuple(group)):
                lines.append(json.dumps({"on": kind, **result}))
                print(lines[-1], flush=True)
    draw(lines)


if __name__ == "__main__":
    main()
