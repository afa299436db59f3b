"""The worker process: one thread per role (relay, consumer, inbox handler) and one per timed job,
stopped together and in time.

A role that fails is closed, waits a growing moment, and begins again; nothing but a signal ends the
process. Its health is a file it touches while every thread gives signs of life: `python -m
<service> worker-health` looks at that file.
"""

import os
import select
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import CollectorRegistry, start_http_server
from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
    wait_random_exponential,
)

from shared.clock import Clock, SystemClock
from shared.database import Database
from shared.events.broker import Broker, BrokerUnavailable
from shared.events.brokers import create_broker
from shared.events.catalogue import Catalogue, shipped_catalogue
from shared.events.consumer import Consumer
from shared.events.exclusive import exclusive_lock, holding
from shared.events.inbox import Handler, InboxHandler
from shared.events.metrics import MessagingCollector, WorkerMetrics
from shared.events.nudge import Nudge, install_nudge
from shared.events.readiness import SIGN_EVERY_SECONDS, sign
from shared.events.relay import Relay
from shared.events.retention import prune_messages
from shared.logs import described_error
from shared.settings import ServiceSettings

DRAIN_SECONDS = 25.0
HEARTBEAT_SECONDS = 1.0
HEARTBEAT_MAX_AGE_SECONDS = 15.0
SILENCE_SECONDS = 120.0
LONGEST_JOB_SECONDS = 900.0
_PRUNE_SECONDS = 3600.0


class BadHandlers(Exception):
    """A service has handlers for types that the catalogue does not let it hear."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """Timed work. `run` opens its own transactions and returns True when more work waits, so that
    it runs again at once. It is given the event that is set when the worker stops: what takes
    longer than a moment asks it between two pieces, finishes the one in hand and leaves the rest.

    An exclusive job runs in one worker at a time; `run` must bear to be cut off anywhere all the
    same.
    """

    name: str
    every_seconds: float
    run: Callable[[threading.Event], bool | None]
    exclusive: bool = True


class Role(Protocol):
    """What a thread of the worker does, step by step."""

    name: str

    def open(self) -> None:
        """Connect whatever is needed."""
        ...

    def step(self, stop: threading.Event) -> None:
        """Do a bounded piece of work, or wait a bounded time for some."""
        ...

    def close(self) -> None:
        """Let go of everything; never raises."""
        ...


class JobRole:
    """Runs a job every so often."""

    def __init__(self, job: Job, database: Database) -> None:
        self.name = f"job:{job.name}"
        self._job = job
        self._lock = exclusive_lock(database, f"job.{job.name}") if job.exclusive else None
        self._next_run = 0.0

    def open(self) -> None:
        """Need nothing beforehand."""

    def step(self, stop: threading.Event) -> None:
        """Run the job when it is time; wait otherwise. A job that raises is logged and tried again
        next time.
        """
        remaining = self._next_run - time.monotonic()
        if remaining > 0:
            stop.wait(min(remaining, HEARTBEAT_SECONDS))
            return
        has_more = self._run_once(stop)
        self._next_run = 0.0 if has_more else time.monotonic() + self._job.every_seconds

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            self._lock.release()

    def _run_once(self, stop: threading.Event) -> bool:
        try:
            if self._lock is None:
                return bool(self._job.run(stop))
            with holding(self._lock) as is_mine:
                return bool(self._job.run(stop)) if is_mine else False
        except Exception as error:  # noqa: BLE001 - one failure must not end a timed job for ever
            structlog.get_logger().error("job_failed", job=self._job.name, **described_error(error))
            return False


class Worker:
    """Everything a service does outside of requests. `run()` for processes; `start()` and `stop()`
    for tests.
    """

    def __init__(
        self,
        *,
        service: str,
        database: Database,
        broker: Broker,
        nudge: Nudge,
        handlers: Mapping[str, Handler],
        heartbeat_file: Path,
        jobs: Sequence[Job] = (),
        catalogue: Catalogue | None = None,
        clock: Clock | None = None,
        registry: CollectorRegistry | None = None,
        metrics_port: int | None = None,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        self.service = service
        self._catalogue = catalogue or shipped_catalogue()
        _check_handlers(service, handlers, self._catalogue)
        self._nudge = nudge
        self._heartbeat_file = heartbeat_file
        self._drain_seconds = drain_seconds
        self._metrics_port = metrics_port
        self._metrics_server: WSGIServer | None = None
        self._registry = registry or CollectorRegistry()
        self._stop = threading.Event()
        self._bell = threading.Event()
        self._last_sign: dict[str, float] = {}
        self._instance = uuid.uuid4().hex
        self._broker = broker
        self._without_broker: set[str] = set()
        self._broker_lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._roles = self._compose(
            database=database,
            broker=broker,
            handlers=handlers,
            jobs=jobs,
            clock=clock or SystemClock(),
        )
        self._registry.register(MessagingCollector(database, clock))

    @property
    def role_names(self) -> tuple[str, ...]:
        """Give what the worker does, a name for each of its threads."""
        return tuple(role.name for role in self._roles)

    def run(self) -> int:
        """Work until SIGTERM or SIGINT, finish what is in hand, and give the exit code: 0, or 1
        when the drain was too short.
        """
        asked_to_stop, tell = socket.socketpair()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            # A handler interrupts anything, so it takes no lock: setting an Event could deadlock.
            signal.signal(signal_number, lambda _number, _frame: tell.send(b"!"))
        self.start()
        structlog.get_logger().info("worker_started", service=self.service)
        while not select.select([asked_to_stop], [], [], HEARTBEAT_SECONDS)[0]:
            self._show_life()
        is_clean = self.stop()
        structlog.get_logger().info(
            "worker_stopped", service=self.service, state="clean" if is_clean else "cut"
        )
        return 0 if is_clean else 1

    def start(self) -> None:
        """Start every thread."""
        self._heartbeat_file.parent.mkdir(parents=True, exist_ok=True)
        if self._metrics_port is not None:
            self._metrics_server, _ = start_http_server(self._metrics_port, registry=self._registry)
        now = time.monotonic()
        for role in self._roles:
            self._last_sign[role.name] = now
            thread = threading.Thread(
                target=self._keep_going, args=(role,), name=role.name, daemon=True
            )
            self._threads.append(thread)
            thread.start()
        self._show_life()

    def wake(self) -> None:
        """Look at outbox and inbox now instead of within a second."""
        self._bell.set()
        self._nudge.ring()

    def stop(self) -> bool:
        """Ask every thread to finish what is in hand, wait, and tell whether all did."""
        self._stop.set()
        self.wake()
        until = time.monotonic() + self._drain_seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._nudge.close()
        if self._metrics_server is not None:
            self._metrics_server.shutdown()
            self._metrics_server.server_close()
            self._metrics_server = None
        with suppress(OSError):
            self._heartbeat_file.unlink(missing_ok=True)
        return not any(thread.is_alive() for thread in self._threads)

    def _compose(
        self,
        *,
        database: Database,
        broker: Broker,
        handlers: Mapping[str, Handler],
        jobs: Sequence[Job],
        clock: Clock,
    ) -> list[Role]:
        roles: list[Role] = [
            Relay(
                database=database,
                broker=broker,
                catalogue=self._catalogue,
                nudge=self._nudge,
                clock=clock,
            ),
            InboxHandler(
                database=database,
                handlers=handlers,
                clock=clock,
                bell=self._bell,
                observe=WorkerMetrics(self._registry).observe,
            ),
        ]
        if self._catalogue.heard_by(self.service):
            roles.append(
                Consumer(
                    service=self.service,
                    database=database,
                    broker=broker,
                    catalogue=self._catalogue,
                    clock=clock,
                    bell=self._bell,
                )
            )
        pruning = Job(
            name="prune_messages",
            every_seconds=_PRUNE_SECONDS,
            run=lambda _stop: prune_messages(database, clock),
        )
        signing = Job(
            name="sign",
            every_seconds=SIGN_EVERY_SECONDS,
            run=lambda _stop: self._sign(database, clock),
            exclusive=False,
        )
        return [*roles, *(JobRole(job, database) for job in (*jobs, pruning, signing))]

    def _sign(self, database: Database, clock: Clock) -> None:
        """Tell the web processes, by the database, that this worker works."""
        if self._silent_role() is None:
            sign(database, clock, instance=self._instance, has_broker=not self._without_broker)

    def _keep_going(self, role: Role) -> None:
        """Run a role until the worker stops. A session of it begins with one good step; getting
        there is retried with growing pauses.
        """
        while not self._stop.is_set():
            beginning = Retrying(
                retry=retry_if_exception_type(Exception),
                wait=wait_random_exponential(multiplier=0.1, max=5),
                stop=stop_when_event_set(self._stop),
                sleep=sleep_using_event(self._stop),
                before=lambda _state: self._sign_of_life(role),
                after=lambda state: self._log_failed_beginning(role, state),
            )
            try:
                beginning(self._begin, role)
                while not self._stop.is_set():
                    self._sign_of_life(role)
                    role.step(self._stop)
            except RetryError:
                pass
            except BrokerUnavailable:
                self._note_broker(role, is_there=False)
            except Exception as error:  # noqa: BLE001 - a role never ends before its process does
                structlog.get_logger().warning(
                    "role_interrupted", job=role.name, **described_error(error)
                )
            finally:
                role.close()

    def _begin(self, role: Role) -> None:
        role.close()
        role.open()
        role.step(self._stop)
        self._note_broker(role, is_there=True)

    def _note_broker(self, role: Role, *, is_there: bool) -> None:
        """Keep which roles miss the broker, and say once that it is away and once that it is back,
        however many roles ask for it however often.
        """
        with self._broker_lock:
            was_there = not self._without_broker
            (self._without_broker.discard if is_there else self._without_broker.add)(role.name)
            if was_there == (not self._without_broker):
                return
        log = structlog.get_logger()
        if is_there:
            log.info("broker_reached_again", broker=self._broker.address)
        else:
            log.warning("broker_unreachable", broker=self._broker.address)

    def _log_failed_beginning(self, role: Role, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, BrokerUnavailable):
            self._note_broker(role, is_there=False)
        elif error is not None:
            structlog.get_logger().warning(
                "role_cannot_begin",
                job=role.name,
                attempts=state.attempt_number,
                **described_error(error),
            )

    def _sign_of_life(self, role: Role) -> None:
        self._last_sign[role.name] = time.monotonic()

    def _show_life(self) -> None:
        """Touch the heartbeat file unless a thread has been silent for too long."""
        silent = self._silent_role()
        if silent is not None:
            structlog.get_logger().error("role_silent", job=silent)
            return
        with suppress(OSError):
            self._heartbeat_file.write_text(f"{os.getpid()}\n", encoding="ascii")

    def _silent_role(self) -> str | None:
        now = time.monotonic()
        for name, last in list(self._last_sign.items()):
            allowed = LONGEST_JOB_SECONDS if name.startswith("job:") else SILENCE_SECONDS
            if now - last > allowed:
                return name
        return None


def heartbeat_file_of(service: str, data_directory: Path) -> Path:
    """Give the file at which a service's worker shows life."""
    return data_directory / "tmp" / f"{service}.worker"


def is_alive(heartbeat_file: Path) -> bool:
    """Tell whether a worker has shown life at this file a moment ago."""
    try:
        age = time.time() - heartbeat_file.stat().st_mtime
    except OSError:
        return False
    return age <= HEARTBEAT_MAX_AGE_SECONDS


def _check_handlers(service: str, handlers: Mapping[str, Handler], catalogue: Catalogue) -> None:
    heard = catalogue.heard_by(service)
    unknown = sorted(set(handlers) - heard)
    if unknown:
        message = f"the catalogue does not name {service} as a consumer of {', '.join(unknown)}"
        raise BadHandlers(message)
    for event_type in sorted(heard - set(handlers)):
        structlog.get_logger().warning("event_without_handler", event_type=event_type)


def service_worker(
    service: str,
    settings: ServiceSettings,
    database: Database,
    clock: Clock,
    *,
    handlers: Mapping[str, Handler],
    jobs: Sequence[Job],
) -> Worker:
    """Make the worker of a service as its settings say: it runs until SIGTERM or SIGINT. What
    `database` writes is dated by `clock`.
    """
    database.clock = clock
    return Worker(
        service=service,
        database=database,
        broker=create_broker(settings.broker_url),
        nudge=install_nudge(database, enabled=settings.has_relay_nudge),
        handlers=handlers,
        jobs=jobs,
        clock=clock,
        heartbeat_file=heartbeat_file_of(service, settings.data_directory),
    )
