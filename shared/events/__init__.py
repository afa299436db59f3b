"""Facts and how they travel: outbox → relay → broker → inbox → handler; nothing lost, nothing
twice. How a service uses them: `docs/how_to/use_events.md`.

Modules: `envelope`, `catalogue` (contracts as data), `tables`, `migrations`, `outbox`, `relay`,
`nudge` and `wakeups`, `broker` (the port) and `brokers` (which adapter), `amqp` (the only one that
imports pika), `sqlite_bus` (embedded), `overhearing` and `passing` (live events for whoever only
tells people), `consumer` (stores), `inbox` (handles), `reading` (data to command), `worker`,
`exclusive` (one at a time), `retention`, `commands`, `metrics`.
"""
