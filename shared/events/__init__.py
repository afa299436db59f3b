"""Facts and how they travel: outbox → relay → broker → inbox → handler; nothing lost, nothing
twice.

What a service writes against:

Saying something (in `domain/`, inside the business transaction)
    from shared.events.envelope import Event from shared.events.outbox import add_to_outbox
    add_to_outbox(session, Event(type="auth.account.changed.v1", subject=f"account/{id}", data={}))
    `data` is plain JSON (instants spelled by `shared.clock.instant_text`) and is checked against
    `shared/contracts/events/<service>/<type>.schema.json`; what does not fit raises
    `InvalidEventData` and nothing is written. The correlation id comes from
    `shared.logs.current_correlation_id()`. Add the event after locking the row it is about.

Hearing something (in `listeners/`)
    from shared.events.envelope import Envelope from shared.events.inbox import Handler, RetryLater,
    UnprocessableEvent HANDLERS: Mapping[str, Handler] = {"auth.account.registered.v1":
    remember_recipient, ...} def remember_recipient(session: Session, envelope: Envelope) -> None:
    remember(session, command_of(AccountSchema, envelope)), where AccountSchema is a
    `shared.events.reading.HeardSchema` whose `@post_load` makes the command. Beside `data` are
    `id`, `type`, `source`, `subject`, `sequence`, `time`, `correlation_id`. The effect and "done"
    commit together; the handler may run again when the transaction was rolled back, so it touches
    nothing but the session. Any exception waits 5 s, 60 s, 600 s … and is dead
    after eight tries; `raise RetryLater(delay_seconds=30)` waits without counting a try (dead after
    seven days); `raise UnprocessableEvent("why")` is dead at once. Later events of the same source
    and subject wait behind an unfinished one. The keys of HANDLERS must be the types whose
    catalogue entry names the service in `consumers`:
    `shared.events.catalogue.shipped_catalogue().heard_by("booking_service")`. A test feeds on
    `shared.events.catalogue.shipped_example("auth.account.registered.v1")`.

Tables (in `models/messaging.py` and the migrations)
    from shared.events.tables import messaging_metadata, outbox, inbox, quarantine from
    shared.events.migrations import create_messaging_tables, drop_messaging_tables def upgrade() ->
    None: create_messaging_tables(op) In Alembic's env.py: target_metadata = [Model.metadata,
    messaging_metadata]. Tests without migrations: messaging_metadata.create_all(database.engine).

Nudging the relay (in `app.py` and `worker.py`, after the Database is made)
    from shared.events.nudge import install_nudge nudge = install_nudge(database,
    enabled=settings.relay_nudge)

The worker process (in `worker.py`)
    from shared.events.brokers import create_broker from shared.events.worker import Job, Worker,
    heartbeat_file_of def create_worker(settings: Settings) -> Worker:
        database = Database(settings.database_url) return Worker(
            service="booking_service", database=database, broker=create_broker(settings.broker_url),
            nudge=install_nudge(database, enabled=settings.relay_nudge), handlers=HANDLERS,
            jobs=[Job(name="send_mails", every_seconds=1, run=lambda stop: send_mails(..., stop))],
            heartbeat_file=heartbeat_file_of("booking_service", settings.data_directory),
        )
    `create_worker(settings).run()` blocks until SIGTERM or SIGINT, finishes what is in hand and
    gives the exit code 0. A job runs in its own thread, in one worker at a time (`exclusive=False`
    switches that off), is logged and tried again when it raises, and returns True when more work
    waits. Pruning old outbox and inbox rows is a job every worker has. In tests: `worker.start()` …
    `worker.stop()`, or `shared.events.inbox.receive(database, [envelope.to_json()], clock)`
    followed by `shared.events.inbox.handle_waiting(database, HANDLERS, clock)`, which handles
    everything due now and gives the number of events tried.

Operators' commands (in `__main__.py`)
    from shared.events.commands import events_group, worker_health_command
    cli.add_command(
        events_group("booking_service", lambda: Database(Settings.from_env().database_url))
    )
    cli.add_command(worker_health_command(lambda: heartbeat_file_of("booking_service", …)))

Metrics (in `/metrics` of web)
    from shared.events.metrics import MessagingCollector
    registry.register(MessagingCollector(database))  # outbox, inbox by state, quarantine, ages A
    worker serves its own, handling counts among them, when it is given a `metrics_port`.

Modules: `envelope`, `catalogue` (contracts as data), `tables`, `migrations`, `outbox`, `relay`,
`nudge` and `wakeups`, `broker` (the port), `amqp` (the only one that imports pika), `sqlite_bus`
(embedded), `consumer` (stores), `inbox` (handles), `reading` (data to command), `worker`,
`exclusive` (one at a time), `retention`, `commands`, `metrics`.
"""
