"""The chassis every Hearth service stands on, and the contracts (data) they share.

Here lives what would be just as true if we sold shoes: settings, transactions, problem documents,
tokens, events. Never domain
tables, business rules or a client for one service.
"""
