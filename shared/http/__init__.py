"""How a service speaks HTTP: the app shell, problem documents, tokens, strict bodies, health,
paging, idempotency, the guarded client.
"""
